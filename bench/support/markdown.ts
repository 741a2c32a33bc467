// What every table of figures is written with.

export const tableRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
