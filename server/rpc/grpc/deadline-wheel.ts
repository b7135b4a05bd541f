// Owns the deadlines of all calls in flight: a hashed wheel of doubly linked lists through the calls themselves,
// so that starting and ending a call with a deadline costs a few pointer writes and no timer.
//
//   slot 0   -> call -> call          due in this turn or in a later one: a visit looks at the deadline
//   slot 1   -> (empty)
//   ...         one slot per DEADLINE_TICK_MS, DEADLINE_SLOTS slots, then around again

import { DEADLINE_SLOTS, DEADLINE_TICK_MS } from './limits.ts';

/** What the wheel needs of a call; the wheel alone writes the three wheel fields. */
export interface TimedCall {
  readonly deadlineMs: number;
  wheelSlot: number;
  wheelNext: TimedCall | undefined;
  wheelPrevious: TimedCall | undefined;
  /** Called once, already unlinked. */
  onDeadline(): void;
}

/** Value of `wheelSlot` while the call is in no slot. */
export const NOT_IN_WHEEL: number = -1;

export class DeadlineWheel {
  readonly #slots: (TimedCall | undefined)[];
  /** The last tick whose slot has been visited. */
  #tick: number;
  #count = 0;

  constructor(nowMs: number) {
    this.#slots = new Array<TimedCall | undefined>(DEADLINE_SLOTS).fill(undefined);
    this.#tick = Math.floor(nowMs / DEADLINE_TICK_MS);
  }

  /** Calls waiting. */
  get count(): number {
    return this.#count;
  }

  add(call: TimedCall): void {
    const due = Math.ceil(call.deadlineMs / DEADLINE_TICK_MS);
    const slot = (due > this.#tick ? due : this.#tick + 1) & (DEADLINE_SLOTS - 1);
    const first = this.#slots[slot];
    call.wheelSlot = slot;
    call.wheelPrevious = undefined;
    call.wheelNext = first;
    if (first !== undefined) first.wheelPrevious = call;
    this.#slots[slot] = call;
    this.#count++;
  }

  /** Does nothing when the call is in no slot. */
  remove(call: TimedCall): void {
    const slot = call.wheelSlot;
    if (slot === NOT_IN_WHEEL) return;
    const next = call.wheelNext;
    const previous = call.wheelPrevious;
    if (next !== undefined) next.wheelPrevious = previous;
    if (previous === undefined) this.#slots[slot] = next;
    else previous.wheelNext = next;
    call.wheelSlot = NOT_IN_WHEEL;
    call.wheelNext = undefined;
    call.wheelPrevious = undefined;
    this.#count--;
  }

  /** Ends every call whose deadline has passed at `nowMs`. */
  advance(nowMs: number): void {
    const target = Math.floor(nowMs / DEADLINE_TICK_MS);
    // After a long pause of the process one visit of every slot is enough.
    if (target - this.#tick > DEADLINE_SLOTS) this.#tick = target - DEADLINE_SLOTS;
    while (this.#tick < target) {
      this.#tick++;
      this.#visit(this.#tick & (DEADLINE_SLOTS - 1), nowMs);
    }
  }

  // A call ended by onDeadline may end others or start new ones, so the due ones are unlinked first.
  #visit(slot: number, nowMs: number): void {
    let call = this.#slots[slot];
    if (call === undefined) return;
    const due: TimedCall[] = [];
    while (call !== undefined) {
      if (call.deadlineMs <= nowMs) due.push(call);
      call = call.wheelNext;
    }
    for (const expired of due) this.remove(expired);
    for (const expired of due) expired.onDeadline();
  }
}
