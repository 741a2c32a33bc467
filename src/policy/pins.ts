// Whether conditions name a subject by something nobody else can ever be given.
import type { ClaimCondition } from "./conditions.ts";

/** A claim that pins its holder where it has to equal a value of this form; with `glob`, where it has to match one. */
export type Pin = { claim: string; form: RegExp; glob?: RegExp };

export const isPinned = (conditions: readonly ClaimCondition[], pins: readonly Pin[]): boolean =>
  conditions.some((condition) => pins.some((pin) => pin.claim === condition.claim && fits(pin, condition)));

/** Ids are strings in every one of these tokens: a number would never be met. */
const fits = ({ form, glob }: Pin, condition: ClaimCondition): boolean =>
  "glob" in condition
    ? glob !== undefined && glob.test(condition.glob)
    : typeof condition.equals === "string" && form.test(condition.equals);
