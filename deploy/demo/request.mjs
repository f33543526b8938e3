// What a chat request may say, and what is said back when it is wrong.

export class BadRequest extends Error {
  constructor(message, code = null, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

function number(body, key, { low, high, whole = false }) {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  const fits = typeof value === "number" && value >= low && value <= high &&
    (!whole || Number.isSafeInteger(value));
  if (!fits) {
    throw new BadRequest(
      `'${key}' must be ${whole ? "a whole number" : "a number"} from ${low} to ${high}`);
  }
  return value;
}

/** A message's text; a list of parts is what clients with images in mind send for plain text. */
function textOf(content) {
  if (typeof content === "string") return content;
  if (Array.isArray(content) && content.every((p) => p?.type === "text" && typeof p.text === "string")) {
    return content.map((p) => p.text).join("");
  }
  throw new BadRequest("'content' must be a string or a list of text parts");
}

function stopsOf(stop) {
  if (stop === undefined || stop === null) return [];
  const stops = Array.isArray(stop) ? stop : [stop];
  if (stops.length > 4 || stops.some((s) => typeof s !== "string" || s === "")) {
    throw new BadRequest("'stop' must be a string or a list of at most four, none empty");
  }
  return stops;
}

function questionOf(messages) {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new BadRequest("'messages' must be a list of at least one message");
  }
  const question = messages.findLast((m) => m?.role === "user");
  if (!question) throw new BadRequest("'messages' holds no message of role 'user'");
  return textOf(question.content);
}

export function parseChat(raw) {
  let body;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch (error) {
    throw new BadRequest(`the body is not JSON: ${error.message}`, "bad_json");
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    throw new BadRequest("the body must be a JSON object", "bad_json");
  }
  const count = { low: 1, high: 2 ** 31 - 1, whole: true };
  return {
    question: questionOf(body.messages),
    stream: body.stream === true,
    includeUsage: body.stream_options?.include_usage === true,
    stops: stopsOf(body.stop),
    maxTokens: number(body, "max_completion_tokens", count) ?? number(body, "max_tokens", count),
    sampling: {
      // Without a wish the likeliest token, so that a run can be repeated.
      temperature: number(body, "temperature", { low: 0, high: 2 }) ?? 0,
      topP: number(body, "top_p", { low: 0, high: 1 }) ?? 1,
      topK: number(body, "top_k", { low: 0, high: 2 ** 31 - 1, whole: true }) ?? 0,
      seed: number(body, "seed", { low: 0, high: 2 ** 32 - 1, whole: true }),
    },
  };
}
