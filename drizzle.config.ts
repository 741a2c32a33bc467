// Writes the next migration of both dialects: `npm run migrations -- --name what_changed`.
import { defineConfig } from "drizzle-kit";

const dialect = process.env["DIALECT"] === "postgresql" ? "postgresql" : "sqlite";
const folder = dialect === "sqlite" ? "sqlite" : "postgres";

export default defineConfig({
  dialect,
  casing: "snake_case",
  schema: `./src/store/schema-${folder}.ts`,
  out: `./src/store/migrations/${folder}`,
});
