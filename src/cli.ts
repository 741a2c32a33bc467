// The command line: which commands there are and what they are told. What they do comes in as actions.
import { Command, CommanderError, Option } from "commander";
import { loadSettings, printSettings, type Settings, SettingsError, type Sources, systemSources } from "./config.ts";
import { environmentName, flagName, type Key, keyNames, keys } from "./config/keys.ts";
import { Failure, type Violation } from "./failure.ts";

/** What each command does. Paths are as the user wrote them. */
export type Actions = {
  serve(settings: Settings): Promise<void>;
  apply(settings: Settings, files: readonly string[], prune: boolean): Promise<void>;
  /** Of all tenants where none is named; to standard output where no file is. */
  export(settings: Settings, options: { tenant: string; output: string }): Promise<void>;
  listKeys(settings: Settings): Promise<void>;
  rotateKeys(settings: Settings): Promise<void>;
  revokeKey(settings: Settings, kid: string): Promise<void>;
  rewrapKeys(settings: Settings, newKekFile: string): Promise<void>;
  verifyAudit(settings: Settings): Promise<void>;
  /** Rejects when the service is not serving. */
  healthcheck(settings: Settings): Promise<void>;
};

/** What the command line touches. `sourcesOf` completes the flags with environment and files. */
export type Surroundings = {
  out: (text: string) => void;
  err: (text: string) => void;
  sourcesOf: (flags: Sources["flags"]) => Sources;
};

export const systemSurroundings: Surroundings = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  sourcesOf: systemSources,
};

/** Runs one command and answers the exit code: 0 done, 1 failed, 2 used or configured wrongly. Defects are thrown. */
export async function runCommand(
  words: readonly string[],
  actions: Actions,
  surroundings: Surroundings = systemSurroundings,
): Promise<number> {
  try {
    await createProgram(actions, surroundings).parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof Failure)) throw error;
    if (error instanceof SettingsError) surroundings.err(`${error.message}\n`);
    else surroundings.err(`${[error.message, ...error.violations.map(line)].join("\n")}\n`);
    return error instanceof SettingsError ? 2 : 1;
  }
}

const line = ({ field, description }: Violation): string => `  ${field}: ${description}`;

/** The command tree. Nothing runs until it is told to parse; wrong usage throws CommanderError, never exits. */
export function createProgram(actions: Actions, surroundings: Surroundings = systemSurroundings): Command {
  const { out, err, sourcesOf } = surroundings;
  const program = new Command("tessera")
    .description("A self-hosted internal auth service: an outside token in, a short-lived internal token out.")
    .configureOutput({ writeOut: out, writeErr: err })
    .configureHelp({ showGlobalOptions: false })
    .helpCommand(false)
    .exitOverride();
  const settingsOf = (command: Command) => loadSettings(sourcesOf(flagsOf(command)));

  configurable(program.command("serve", { isDefault: true }))
    .description("start the service (what happens when no command is named)")
    .allowExcessArguments()
    .action(async (_options, command: Command) => {
      const [stray] = command.args;
      if (stray !== undefined) command.error(`error: unknown command '${stray}'; see tessera --help`);
      await actions.serve(settingsOf(command));
    });
  configurable(program.command("apply <file...>"))
    .description("bring a tenant to the state declared in files")
    .option("--prune", "Also remove roles, scopes, memberships and assignments that the files do not name.")
    .action(async (files: string[], { prune = false }: { prune?: boolean }, command: Command) =>
      actions.apply(settingsOf(command), files, prune),
    );
  configurable(program.command("export"))
    .description("write the state of a tenant as a file that apply reads, without secrets")
    .addOption(new Option("--tenant <name>", "The tenant.").conflicts("all"))
    .option("--all", "All tenants, the system tenant among them.")
    .option("--output <file>", "Where to, readable for its owner only. Default: standard output.", "")
    .action(async ({ tenant = "", all = false, output }: ExportOptions, command: Command) => {
      if (tenant === "" && !all) command.error("error: name a tenant with --tenant, or take --all");
      await actions.export(settingsOf(command), { tenant, output });
    });
  configurable(program.command("healthcheck"))
    .description("ask the running service whether it serves; for containers")
    .action(async (_options, command: Command) => actions.healthcheck(settingsOf(command)));

  addKeys(program, actions, settingsOf);
  configurable(program.command("audit").description("the audit trail").command("verify"))
    .description("check the audit chain against its signed checkpoints")
    .action(async (_options, command: Command) => actions.verifyAudit(settingsOf(command)));
  configurable(program.command("config").description("the configuration").command("print"))
    .description("show every setting in effect and where it came from, secrets masked")
    .action((_options, command: Command) => out(printSettings(sourcesOf(flagsOf(command)))));
  return program.addHelpText("after", after);
}

type ExportOptions = { tenant?: string; all?: boolean; output: string };

function addKeys(program: Command, actions: Actions, settingsOf: (command: Command) => Settings): void {
  const group = program.command("keys").description("signing keys and the key that seals them");
  configurable(group.command("list"))
    .description("show every signing key and its state")
    .action(async (_options, command: Command) => actions.listKeys(settingsOf(command)));
  configurable(group.command("rotate"))
    .description("make the next key the current one")
    .action(async (_options, command: Command) => actions.rotateKeys(settingsOf(command)));
  configurable(group.command("revoke <kid>"))
    .description("distrust a signing key and every token it signed, at once")
    .action(async (kid: string, _options, command: Command) => actions.revokeKey(settingsOf(command), kid));
  configurable(group.command("rewrap <new-kek-file>"))
    .description("seal everything under a new key-encryption key")
    .action(async (file: string, _options, command: Command) => actions.rewrapKeys(settingsOf(command), file));
}

/** Gives a command --config and one flag for each configuration key. */
function configurable(command: Command): Command {
  command.addOption(new Option("--config <file>", "Configuration file, YAML or JSON."));
  for (const name of keyNames) for (const option of optionsOf(name, keys[name])) command.addOption(option);
  return command;
}

function optionsOf(name: string, { type, about, shown }: Key<unknown>): Option[] {
  const fallback = shown === "" ? "" : ` (default: ${shown})`;
  // A bare --dev, so that `apply --dev FILE` cannot take the file for the flag's value.
  const isSwitch = type.safeParse(true).success;
  if (!isSwitch) return [new Option(`${flagName(name)} <value>`, `${about}${fallback}`).argParser(joined)];
  const no = new Option(flagName(name).replace("--", "--no-")).hideHelp();
  return [new Option(flagName(name), `${about}${fallback}`), no];
}

/** A flag given twice is a list. */
const joined = (value: string, earlier: string | undefined): string =>
  earlier === undefined ? value : `${earlier},${value}`;

const settable = new Set(["--config", ...keyNames.map(flagName)]);

/** The flags that configure, as written, by name without dashes. */
function flagsOf(command: Command): Record<string, string | boolean> {
  const given = command.opts<Record<string, string | boolean>>();
  return Object.fromEntries(
    command.options.flatMap((option) => {
      const value = given[option.attributeName()];
      const { long = "" } = option;
      return option.negate || value === undefined || !settable.has(long) ? [] : [[long.slice(2), value]];
    }),
  );
}

const after = `
Every setting can also stand in a file (--config or TESSERA_CONFIG) or in the environment, such as
${environmentName("grpc_address")}. A flag wins over the environment, the environment over the file.
"tessera serve --help" lists them all.

Try it:  tessera serve --dev`;
