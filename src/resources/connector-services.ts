// Services of the connector family.
import type { Served } from "../call.ts";
import type { Parts } from "../parts.ts";

export const connectorServices = (_parts: Parts): Served[] => [];
