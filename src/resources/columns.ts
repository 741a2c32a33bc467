// Between a management message and its row: one column per top-level field, mapped by the descriptor, no list to keep.
import {
  create,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { type Timestamp, timestampFromMs, timestampMs, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { FieldBehavior } from "../gen/google/api/field_behavior_pb.ts";
import type { AnyRow } from "../store/row-operations.ts";
import { hasBehavior, tracksPresence } from "./fields.ts";

/** Seals and opens the write-only fields of one row. */
export type Sealer = {
  seal(field: string, plaintext: string): string;
  open(field: string, sealed: string): string;
};

/** For columns that are compared and never stored. */
export const unsealed: Sealer = { seal: (_field, text) => text, open: (_field, text) => text };

/** The columns of a message's own fields. Timestamps are milliseconds, lists JSON, write-only strings sealed. */
export function toColumns<D extends DescMessage>(desc: D, message: MessageShape<D>, sealer: Sealer): AnyRow {
  const reflected = reflect(desc, message);
  const columns: AnyRow = {};
  for (const field of desc.fields) {
    if (hasBehavior(field, FieldBehavior.OUTPUT_ONLY)) continue;
    const value = columnOf(reflected, field);
    const secret = hasBehavior(field, FieldBehavior.INPUT_ONLY) && typeof value === "string" && value !== "";
    columns[field.localName] = secret ? sealer.seal(field.localName, value) : value;
  }
  return columns;
}

/** The message of a row. Write-only fields stay empty unless a sealer is handed in to open them. */
export function fromColumns<D extends DescMessage>(desc: D, row: AnyRow, sealer?: Sealer): MessageShape<D> {
  const message = create(desc);
  const reflected = reflect(desc, message);
  for (const field of desc.fields) {
    const value = row[field.localName];
    if (value === undefined || value === null) continue;
    if (!hasBehavior(field, FieldBehavior.INPUT_ONLY)) setField(reflected, field, value);
    else if (sealer && typeof value === "string" && value !== "")
      reflected.set(field, sealer.open(field.localName, value));
  }
  return message;
}

function columnOf(reflected: ReflectMessage, field: DescField): unknown {
  if (field.fieldKind === "list") return listOf(reflected, field);
  if (tracksPresence(field) && !reflected.isSet(field)) return null;
  if (field.fieldKind === "message") {
    const { message } = reflected.get(field);
    return isTime(field.message) ? timestampMs(message as Timestamp) : toJson(field.message, message);
  }
  const value = reflected.get(field);
  return typeof value === "bigint" ? Number(value) : value;
}

function listOf(reflected: ReflectMessage, field: DescField & { fieldKind: "list" }): unknown[] {
  const items = [...reflected.get(field)];
  if (field.listKind !== "message") return items;
  return items.map((item) => toJson(field.message, (item as ReflectMessage).message));
}

function setField(reflected: ReflectMessage, field: DescField, value: unknown): void {
  if (field.fieldKind === "list") {
    const list = reflected.get(field);
    for (const item of value as unknown[])
      list.add(
        field.listKind === "message" ? reflect(field.message, fromJson(field.message, item as JsonValue)) : item,
      );
  } else if (field.fieldKind === "message") {
    const message = isTime(field.message)
      ? timestampFromMs(Number(value))
      : fromJson(field.message, value as JsonValue);
    reflected.set(field, reflect(field.message, message));
  } else reflected.set(field, value);
}

const isTime = ({ typeName }: DescMessage): boolean => typeName === TimestampSchema.typeName;
