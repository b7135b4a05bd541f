// Goal: the renderer does what Helm does with the subset of its language that our charts use, and refuses the rest. Method:
// small templates with their output. A failure means charts that render here and not, or otherwise, with Helm.
import { describe, expect, it } from 'vitest';
import { Renderer } from '../../scripts/charts/render.ts';

function render(source: string, dot: unknown = {}): string {
  return new Renderer(new Map([['t', source]])).render('t', dot);
}

describe('text and trim markers', () => {
  it.each([
    ['a {{ .x }} b', 'a 1 b'],
    ['a {{- .x }} b', 'a1 b'],
    ['a {{ .x -}} b', 'a 1b'],
    ['a\n  {{- .x -}}\n  b', 'a1b'],
    ['a {{/* a comment */}}b', 'a b'],
    ['a\n{{- /* comment */}}\nb', 'a\nb'],
    ['{{ "}}" }}', '}}'],
  ])('%s', (source, expected) => {
    expect(render(source, { x: 1 })).toBe(expected);
  });
});

describe('blocks', () => {
  it.each([
    ['{{ if .no }}a{{ else if .yes }}b{{ else }}c{{ end }}', 'b'],
    ['{{ if or .no .empty .none }}a{{ else }}c{{ end }}', 'c'],
    ['{{ if and .yes (eq .text "t") (not .no) }}a{{ end }}', 'a'],
    ['{{ with .text }}<{{ . }}>{{ end }}', '<t>'],
    ['{{ with .empty }}a{{ else }}{{ .text }}{{ end }}', 't'],
    ['{{ range .list }}{{ . }},{{ end }}', '3,1,'],
    ['{{ range $i, $x := .list }}{{ $i }}={{ $x }} {{ end }}', '0=3 1=1 '],
    ['{{ range $key, $value := .map }}{{ $key }}{{ $value }}{{ end }}', 'a1b2'],
    ['{{ range .empty }}a{{ else }}none{{ end }}', 'none'],
    ['{{ range .list }}{{ $.text }}{{ end }}', 'tt'],
    ['{{ $x := .text }}{{ with .map }}{{ $x }}{{ .a }}{{ end }}', 't1'],
    ['{{ define "d" }}[{{ .a }}]{{ end }}{{ include "d" .map }}', '[1]'],
  ])('%s', (source, expected) => {
    const dot = {
      no: false,
      yes: true,
      empty: [],
      none: '',
      text: 't',
      list: [3, 1],
      map: { b: 2, a: 1 },
    };
    expect(render(source, dot)).toBe(expected);
  });
});

describe('functions', () => {
  it.each([
    ['{{ default "d" .none }}', 'd'],
    ['{{ .text | default "d" | quote }}', '"t\\"x"'],
    ['{{ quote 5 }}', '"5"'],
    ['{{ "abcdef" | trunc 4 | trimSuffix "d" }}', 'abc'],
    ['{{ toYaml .map }}', 'a:\n- 1\n- 2\nb: {}'],
    ['x:{{ toYaml .map | nindent 2 }}', 'x:\n  a:\n  - 1\n  - 2\n  b: {}'],
    ['{{ toYaml .big }}', '10000000'],
  ])('%s', (source, expected) => {
    const dot = { none: '', text: 't"x', map: { b: {}, a: [1, 2] }, big: 10_000_000 };
    expect(render(source, dot)).toBe(expected);
  });
});

describe('what Helm would take otherwise, or we do not know', () => {
  it.each([
    ['{{ .missing }}', 'does not exist'],
    ['{{ .text.deeper }}', 'does not exist'],
    ['{{ .none }}', 'cannot be printed'],
    ['{{ .big }}', 'cannot be printed'],
    ['{{ .map }}', 'cannot be printed'],
    ['{{ lookup "v1" }}', 'not in our subset'],
    ['{{ tpl .text . }}', 'not in our subset'],
    ['{{ eq 1 "1" }}', 'one type'],
    ['{{ include "nothing" . }}', 'nothing defines'],
    ['{{ $x }}', 'not defined'],
    ['{{ if .text }}', 'expected {{ end }}'],
    ['{{ end }}', 'closes nothing'],
    ['{{ .text | .none }}', 'only a function'],
    ['{{ not (eq 1 1 }}', ') is missing'],
    ['{{ .text + 1 }}', 'cannot read'],
  ])('%s is refused', (source, problem) => {
    const dot = { text: 't', none: null, big: 1_000_000, map: {} };
    expect(() => render(source, dot)).toThrow(problem);
  });
});
