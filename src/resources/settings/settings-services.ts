// Services of the settings family.
import { type Served, serve } from "../../call.ts";
import { ConfigService } from "../../gen/tessera/admin/v1/config_pb.ts";
import { JwtCustomizerService } from "../../gen/tessera/admin/v1/jwt_customizer_pb.ts";
import type { Parts } from "../../parts.ts";
import { configMethods } from "./config.ts";
import { jwtCustomizerMethods } from "./jwt-customizer.ts";

export const settingsServices = (parts: Parts): Served[] => [
  serve(ConfigService, configMethods(parts)),
  serve(JwtCustomizerService, jwtCustomizerMethods),
];
