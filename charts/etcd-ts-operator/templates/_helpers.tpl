{{/* Names are cut at 63 characters, the limit of DNS labels. */}}
{{- define "etcd-ts-operator.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "etcd-ts-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if eq .Release.Name (include "etcd-ts-operator.name" .) -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}
{{- $name := include "etcd-ts-operator.joined" . -}}
{{ $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "etcd-ts-operator.joined" -}}
{{ .Release.Name }}-{{ include "etcd-ts-operator.name" . }}
{{- end }}

{{- define "etcd-ts-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "etcd-ts-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "etcd-ts-operator.labels" -}}
{{ include "etcd-ts-operator.selectorLabels" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: etcd-ts
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "etcd-ts-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "etcd-ts-operator.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "etcd-ts-operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else if .Values.image.tag -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- else -}}
{{ .Values.image.repository }}:v{{ .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* What the operator does with each kind; docs/operator/install.md explains every line. */}}
{{- define "etcd-ts-operator.rules" -}}
- apiGroups: [etcd-ts.io]
  resources: [etcdclusters]
  verbs: [get, list, watch, patch]
- apiGroups: [etcd-ts.io]
  resources: [etcdclusters/status, etcdmembers/status]
  verbs: [update]
- apiGroups: [etcd-ts.io]
  resources: [etcdclusters/finalizers]
  verbs: [update]
- apiGroups: [etcd-ts.io]
  resources: [etcdmembers]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods, persistentvolumeclaims]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, patch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{- define "etcd-ts-operator.leaderElectionName" -}}
{{- $name := include "etcd-ts-operator.fullname" . -}}
{{ $name | trunc 47 | trimSuffix "-" }}-leader-election
{{- end }}

{{- define "etcd-ts-operator.monitoringName" -}}
{{- $name := include "etcd-ts-operator.fullname" . -}}
{{ $name | trunc 53 | trimSuffix "-" }}
{{- end }}

{{- define "etcd-ts-operator.metricsName" -}}
{{- $name := include "etcd-ts-operator.fullname" . -}}
{{ $name | trunc 55 | trimSuffix "-" }}-metrics
{{- end }}
