// Server-sent events over fetch, and following one turn to its end through broken connections.

const PATIENCE_MS = [200, 500, 1000, 2000, 4000, 8000];

/** The events of a response as they come: {id, frame}, with frame the parsed JSON of its data. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  let id = null;
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      held += value;
      const lines = held.split("\n");
      held = lines.pop();
      for (const line of lines.map((each) => each.replace(/\r$/, ""))) {
        if (line === "" && data.length) {
          yield { id, frame: JSON.parse(data.join("\n")) };
          data = [];
        } else if (line.startsWith("id:")) id = line.slice(3).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Follows a turn until its last frame and resolves to that, or to null where it can only be read from the history.
 * `open()` gives the first response, `resume(lastEventId)` a new one; `onframe` sees every frame, `onrestart` is called
 * when all that was shown comes again.
 */
export async function follow({ open, resume, onframe, onrestart, signal }) {
  let lastEventId = null;
  let tries = 0;
  let response = await open();
  for (;;) {
    try {
      for await (const { id, frame } of events(response)) {
        lastEventId = id ?? lastEventId;
        tries = 0;
        if (isLast(frame)) return frame;
        if (frame.type_streaming !== "streaming_error") onframe(frame.payload);
      }
    } catch (error) {
      if (signal.aborted) throw error;
    }
    response = null;
    while (response === null) {
      if (tries >= PATIENCE_MS.length) return null;
      await pause(PATIENCE_MS[tries++], signal);
      try {
        if (lastEventId === null) onrestart();
        response = await resume(lastEventId);
      } catch (error) {
        if (signal.aborted) throw error;
        if (error.status && error.status < 500) return null;
      }
    }
  }
}

/** Opens a stream and tries again where the network failed, not where the server refused. */
export async function insist(open, signal) {
  for (let tries = 0; ; tries++) {
    try {
      return await open();
    } catch (error) {
      const isRefused = error.status && error.status < 500;
      if (signal.aborted || isRefused || tries >= 3) throw error;
      await pause(PATIENCE_MS[tries], signal);
    }
  }
}

/** A key that makes a repeated send harmless. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An error of the turn is its end; a server that goes away only says that it does. */
function isLast({ type_streaming: type, payload }) {
  return type === "streaming_completed" || (type === "streaming_error" && payload.code !== "unavailable");
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
