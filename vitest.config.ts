import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/browser/**", "test/crash/**", "test/verifiers/**"],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 30_000,
    coverage: { include: ["src/**/*.ts"], exclude: ["src/gen/**"] },
  },
});
