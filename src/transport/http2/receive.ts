// What a peer sends: each frame held against the rules of RFC 9113. What breaks them is thrown as a ProtocolFault, of the
// connection or of one stream.
import { sendUnsent } from "./answers.ts";
import { closeStream, countFault, farewell, leaveFinally } from "./closing.ts";
import { dependsOnItself, errorCodes, flags, type Frame, frameTypes, ProtocolFault, settingIds } from "./frames.ts";
import { largestWindow, mostIdleFrames, mostSettings } from "./measures.ts";
import { receiveContinuation, receiveData, receiveHeaders } from "./requests.ts";
import { acknowledgeSettings, sendPing } from "./signals.ts";
import type { Connection } from "./state.ts";

const { protocolError, frameSizeError, flowControlError, enhanceYourCalm } = errorCodes;

export function receive(connection: Connection, frame: Frame): void {
  const { type } = frame;
  if (connection.state === "new" && (type !== frameTypes.settings || (frame.flags & flags.ack) !== 0))
    throw new ProtocolFault(protocolError, "settings come first");
  if (connection.block !== undefined && (type !== frameTypes.continuation || frame.stream !== connection.block.stream))
    throw new ProtocolFault(protocolError, "a field block was not ended");
  connection.idleFrames += 1;
  if (connection.idleFrames > mostIdleFrames) throw new ProtocolFault(enhanceYourCalm, "too many frames of no use");
  receivers[type]?.(connection, frame);
}

type Receiver = (connection: Connection, frame: Frame) => void;

/** Any other type is to be passed over (RFC 9113 section 5.5). */
const receivers: Readonly<Record<number, Receiver>> = {
  [frameTypes.data]: receiveData,
  [frameTypes.headers]: receiveHeaders,
  [frameTypes.continuation]: receiveContinuation,
  [frameTypes.priority](connection, frame) {
    if (frame.stream === 0) throw new ProtocolFault(protocolError, "a priority of no stream");
    // One that was never opened cannot be reset.
    const stream = frame.stream > connection.lastStream ? 0 : frame.stream;
    if (lengthOf(frame) !== 5) throw new ProtocolFault(frameSizeError, "a priority of another size", stream);
    if (dependsOnItself(frame, frame.from)) throw new ProtocolFault(protocolError, "depends on itself", stream);
  },
  [frameTypes.rstStream](connection, frame) {
    expectLength(frame, 4);
    if (frame.stream === 0 || frame.stream > connection.lastStream)
      throw new ProtocolFault(protocolError, "a reset of no stream");
    const stream = connection.streams.get(frame.stream);
    if (stream === undefined) return;
    stream.remoteEnded = true;
    closeStream(stream);
    // Whoever has been answered may let go.
    if (!stream.localEnded) countFault(connection);
  },
  [frameTypes.settings](connection, frame) {
    expectConnection(frame);
    if ((frame.flags & flags.ack) !== 0) return acknowledged(connection, frame);
    if (lengthOf(frame) % 6 !== 0) throw new ProtocolFault(frameSizeError, "settings that break off");
    if (lengthOf(frame) / 6 > mostSettings) throw new ProtocolFault(enhanceYourCalm, "too many settings");
    let window = connection.peerStreamWindow;
    for (let at = frame.from; at < frame.to; at += 6) {
      const [id, value] = [frame.bytes.readUInt16BE(at), frame.bytes.readUInt32BE(at + 2)];
      checkSetting(id, value);
      if (id === settingIds.initialWindowSize) window = value;
    }
    moveWindows(connection, window - connection.peerStreamWindow);
    acknowledgeSettings(connection);
    if (connection.state !== "new") return;
    connection.state = "open";
    connection.options.onSettled(connection);
  },
  [frameTypes.pushPromise]() {
    throw new ProtocolFault(protocolError, "a client promises nothing");
  },
  [frameTypes.ping](connection, frame) {
    expectConnection(frame);
    expectLength(frame, 8);
    const opaque = frame.bytes.subarray(frame.from, frame.to);
    if ((frame.flags & flags.ack) === 0) sendPing(connection, opaque, { ack: true });
    else if (opaque.equals(farewell)) leaveFinally(connection);
  },
  /** The peer opens no further stream, and closes the connection when it has its answers. */
  [frameTypes.goaway](_connection, frame) {
    expectConnection(frame);
    if (lengthOf(frame) < 8) throw new ProtocolFault(frameSizeError, "a farewell that breaks off");
  },
  [frameTypes.windowUpdate]: receiveWindowUpdate,
};

const lengthOf = ({ from, to }: Frame): number => to - from;

function expectLength(frame: Frame, length: number): void {
  if (lengthOf(frame) !== length) throw new ProtocolFault(frameSizeError, "a frame of another size");
}

function expectConnection({ stream }: Frame): void {
  if (stream !== 0) throw new ProtocolFault(protocolError, "a frame of the connection names a stream");
}

function acknowledged(connection: Connection, frame: Frame): void {
  expectLength(frame, 0);
  if (connection.told === undefined) return;
  connection.allowed = connection.told;
  connection.told = undefined;
  connection.options.onAcknowledged(connection);
}

function checkSetting(id: number, value: number): void {
  if (id === settingIds.enablePush && value > 1) throw new ProtocolFault(protocolError, "neither push nor none");
  if (id === settingIds.maxFrameSize && (value < 16_384 || value > 16_777_215))
    throw new ProtocolFault(protocolError, "no size for a frame");
  if (id === settingIds.initialWindowSize && value > largestWindow)
    throw new ProtocolFault(flowControlError, "no size for a window");
}

/** Those of all streams, by as much as the first window of a stream has changed (RFC 9113 section 6.9.2). */
function moveWindows(connection: Connection, more: number): void {
  if (more === 0) return;
  connection.peerStreamWindow += more;
  for (const stream of connection.streams) {
    stream.sendWindow += more;
    if (stream.sendWindow > largestWindow) throw new ProtocolFault(flowControlError, "a window that overflows");
  }
  if (more > 0) for (const stream of connection.streams) sendUnsent(stream);
}

function receiveWindowUpdate(connection: Connection, frame: Frame): void {
  expectLength(frame, 4);
  const more = frame.bytes.readUInt32BE(frame.from) & largestWindow;
  if (frame.stream > connection.lastStream) throw new ProtocolFault(protocolError, "a window of no stream");
  if (more === 0) throw new ProtocolFault(protocolError, "a window that does not grow", frame.stream);
  if (frame.stream === 0) {
    connection.sendWindow += more;
    if (connection.sendWindow > largestWindow) throw new ProtocolFault(flowControlError, "a window that overflows");
    // The oldest first.
    for (const stream of connection.streams) sendUnsent(stream);
    return;
  }
  const stream = connection.streams.get(frame.stream);
  if (stream === undefined) return;
  stream.sendWindow += more;
  if (stream.sendWindow > largestWindow)
    throw new ProtocolFault(flowControlError, "a window that overflows", frame.stream);
  sendUnsent(stream);
}
