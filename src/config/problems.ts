// What is wrong with a configuration: every problem at once, each naming its key and where the value came from.
import { Failure, type Violation } from "../failure.ts";

/** `where` is the source of the value, such as `environment TESSERA_ISSUER`; absent when nobody gave one. */
export type Problem = { key: string; where?: string; says: string };

/** Refused settings. `message` is several readable lines for a terminal and holds no value of any key. */
export class SettingsError extends Failure {
  constructor(problems: readonly Problem[]) {
    super("invalid", ["The configuration was refused:", ...problems.map(line)].join("\n"), {
      violations: problems.map(violation),
    });
    this.name = "SettingsError";
  }
}

const line = ({ key, where, says }: Problem): string => `  ${key}${where === undefined ? "" : ` (${where})`}: ${says}`;

const violation = ({ key, says }: Problem): Violation => ({ field: key, description: says, rule: "configuration" });
