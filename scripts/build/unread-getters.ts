// Keeps what nobody uses of Node out of the start. An `import` of one of Node's own modules reads every name that it
// has, and some names load a lot when they are read: WebSocket of node:http loads all of fetch, 35 ms and 16 MiB.
import type { Plugin } from "rolldown";

/** Those whose names cost something, measured. */
const costly = ["node:http", "node:tls", "node:crypto", "node:util"];
const prefix = "\0unread-getters:";

/** These modules become ones with their plain values only; a build that wants a name that is read on demand fails. */
export const unreadGetters: Plugin = {
  name: "unread-getters",
  resolveId: (wanted) => (costly.includes(wanted) ? prefix + wanted : undefined),
  load(id) {
    if (!id.startsWith(prefix)) return undefined;
    const builtin = id.slice(prefix.length);
    const properties = Object.entries(Object.getOwnPropertyDescriptors(process.getBuiltinModule(builtin) as object));
    const names = properties.filter(([, { get }]) => get === undefined).map(([name]) => name);
    return `const builtin = process.getBuiltinModule(${JSON.stringify(builtin)});
export default builtin;
export const { ${names.join(", ")} } = builtin;`;
  },
};
