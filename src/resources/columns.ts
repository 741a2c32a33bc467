// Between a management message and its row: one column per top-level field, mapped by the descriptor, no list to keep.
import { create, type DescField, type DescMessage, fromJson, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import { reflect, type ReflectMessage } from "@bufbuild/protobuf/reflect";
import { type Timestamp, timestampFromMs, timestampMs, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { hasBehavior } from "./fields.ts";
import { FieldBehavior } from "../gen/google/api/field_behavior_pb.ts";
import type { AnyRow } from "../store/row-operations.ts";

/** Seals and opens a write-only field of one row. */
export type Sealer = {
  seal(row: string, field: string, plaintext: string): string;
  open(row: string, field: string, sealed: string): string;
};

/** The columns of a message's own fields. Timestamps are milliseconds, lists JSON, write-only strings sealed. */
export function toColumns<D extends DescMessage>(desc: D, message: MessageShape<D>, sealer: Sealer): AnyRow {
  const reflected = reflect(desc, message);
  const id = String(reflected.get(fieldOf(desc, "id")));
  const columns: AnyRow = {};
  for (const field of desc.fields) {
    if (hasBehavior(field, FieldBehavior.OUTPUT_ONLY)) continue;
    const value = columnOf(reflected, field);
    const secret = hasBehavior(field, FieldBehavior.INPUT_ONLY) && typeof value === "string" && value !== "";
    columns[field.localName] = secret ? sealer.seal(id, field.localName, value) : value;
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
    if (hasBehavior(field, FieldBehavior.INPUT_ONLY)) {
      if (sealer && value !== "") reflected.set(field, sealer.open(String(row["id"]), field.localName, String(value)));
    } else setField(reflected, field, value);
  }
  return message;
}

function columnOf(reflected: ReflectMessage, field: DescField): unknown {
  if (field.presence !== implicitPresence && field.fieldKind !== "list" && !reflected.isSet(field)) return null;
  if (field.fieldKind === "list") return listOf(reflected, field);
  if (field.fieldKind === "message") {
    if (field.message.typeName === TimestampSchema.typeName)
      return timestampMs(reflected.get(field).message as Timestamp);
    return toJson(field.message, reflected.get(field).message);
  }
  const value = reflected.get(field) as unknown;
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
      list.add(field.listKind === "message" ? reflect(field.message, fromJson(field.message, item as JsonValue)) : item);
  } else if (field.fieldKind === "message") {
    const isTime = field.message.typeName === TimestampSchema.typeName;
    const message = isTime ? timestampFromMs(Number(value)) : fromJson(field.message, value as JsonValue);
    reflected.set(field, reflect(field.message, message as MessageShape<DescMessage>));
  } else reflected.set(field, value as string | number | boolean);
}

function fieldOf(desc: DescMessage, name: string): DescField {
  const field = desc.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`${desc.typeName} has no field ${name}`);
  return field;
}

/** FeatureSet.FieldPresence.IMPLICIT: a proto3 scalar without "optional". */
const implicitPresence = 2;
