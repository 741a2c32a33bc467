// How much of everything a peer is given.

/** What every window begins with, and the most it can hold (RFC 9113 section 6.9). */
export const firstWindow = 65_535;
export const largestWindow = 2 ** 31 - 1;
/** Bytes of data, of all streams of a connection, that may come before they have been read. */
export const connectionWindow = 2 ** 20;

/** Bytes of all fields of a request, as RFC 9113 section 6.5.2 counts them; and compressed, in so many frames. */
export const mostFieldBytes = 16_384;
export const mostBlockBytes = 32_768;
export const mostBlockFrames = 8;

/** Faults at once, and in each millisecond after them: as many as Node's own HTTP/2 lets a peer reset. */
export const mostFaults = 1000;
export const faultsPerMs = 0.033;
/** Frames in a row that are of no use to anybody, and settings in one frame. */
export const mostIdleFrames = 10_000;
export const mostSettings = 64;

/** Milliseconds: for a field block to end, for the rest of a request that is answered, for a peer that takes nothing, and
 * for the last words of a connection to be read. */
export const blockMs = 10_000;
export const pastMs = 1_000;
export const windowMs = 60_000;
export const partingMs = 1_000;
