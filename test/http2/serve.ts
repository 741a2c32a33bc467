// The smallest server over our HTTP/2, for h2spec: says "hello" to whatever it is asked, a little later.
import { createServer } from "node:net";
import { sendData, sendFields, sendTrailers } from "../../src/transport/http2/answers.ts";
import { serveConnection } from "../../src/transport/http2/connection.ts";
import { encodeFields } from "../../src/transport/http2/hpack.ts";
import type { Stream } from "../../src/transport/http2/state.ts";
import { listen } from "../../src/transport/listener.ts";

const fields = encodeFields([[":status", "200"]]);
const trailers = encodeFields([["end", "yes"]]);

/** Later, so that streams are open together. */
const laterMs = 20;

function answer(stream: Stream): void {
  sendFields(stream, fields);
  sendData(stream, Buffer.from("hello"));
  sendTrailers(stream, trailers);
}

const server = createServer({ noDelay: true }, (socket) => {
  serveConnection(socket, {
    onRequest(stream) {
      stream.listener = { onData: () => {}, onEnd: () => void setTimeout(answer, laterMs, stream), onClose: () => {} };
    },
    onSettled: () => {},
    onAcknowledged: () => {},
    onClosed: () => {},
    onDefect(thrown) {
      throw thrown;
    },
    firstStreams: 16,
    streamWindow: 65_535,
  });
});
console.log(await listen(server, { host: "127.0.0.1", port: 0 }));
