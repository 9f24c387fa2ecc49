// The server's API, as far as the page needs it.

const KEY = "llava4j-key";

export function apiKey() {
  return sessionStorage.getItem(KEY) ?? "";
}

export function setApiKey(key) {
  sessionStorage.setItem(KEY, key);
}

function headers() {
  return apiKey() ? { Authorization: "Bearer " + apiKey() } : {};
}

// What the server or the network said is wrong; needsKey if a right API key would help.
export class ApiError extends Error {
  constructor(message, needsKey = false) {
    super(message);
    this.needsKey = needsKey;
  }
}

async function refusal(response) {
  const body = await response.json().catch(() => null);
  const message = body?.error?.message ?? "The server answers with status " + response.status + ".";
  return new ApiError(message, response.status === 401);
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new ApiError("The server does not answer.");
  }
  if (!response.ok) {
    throw await refusal(response);
  }
  return response;
}

// The names of the served models.
export async function modelNames() {
  const response = await send("v1/models", { headers: headers() });
  return (await response.json()).data.map((model) => model.id);
}

// The objects of a stream of server-sent events.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data: ") && line !== "data: [DONE]") {
        yield JSON.parse(line.slice(6));
      }
    }
  }
}

// Asks, and calls onText(piece) as the answer comes. Returns {finish, tokens}.
export async function streamChat(body, signal, onText) {
  const response = await send("v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers() },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  let finish = null;
  let tokens = 0;
  try {
    for await (const event of events(response)) {
      if (event.error) {
        throw new ApiError(event.error.message);
      }
      const choice = event.choices?.[0];
      if (choice?.delta?.content) {
        onText(choice.delta.content);
      }
      finish = choice?.finish_reason ?? finish;
      tokens = event.usage?.completion_tokens ?? tokens;
    }
  } catch (error) {
    throw error.name === "AbortError" || error instanceof ApiError ? error : new ApiError("The connection broke.");
  }
  if (finish === null) {
    throw new ApiError("The connection broke before the answer was complete.");
  }
  return { finish, tokens };
}
