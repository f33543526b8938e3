#!/usr/bin/env node
// OpenAI-compatible chat server over llama.cpp (node-llama-cpp's prebuilt CPU library).
//
//   node server.mjs --model models/abacus-small.gguf --port 8091 [--host 127.0.0.1]

import { createHash, randomUUID } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:http";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { BadRequest, parseChat } from "./request.mjs";

const BODY_LIMIT = 1024 * 1024;

/** The chat format of training (data.py): begin, the question, a line end; answer and end follow. */
const promptOf = (question) => question.trim() + "\n";

async function load(path) {
  const { getLlama } = await import("node-llama-cpp");
  // A second thread makes llama.cpp spin at every token when the cores are not all free.
  const llama = await getLlama({ build: "never", gpu: false, maxThreads: 1, logLevel: "error" });
  const model = await llama.loadModel({ modelPath: path });
  const context = await model.createContext({ sequences: 1, threads: 1 });
  const tensors = model.fileInfo.fullTensorInfo ?? model.fileInfo.tensorInfo ?? [];
  return {
    id: basename(path, ".gguf"),
    model,
    context,
    sequence: context.getSequence(),
    created: Math.floor(Date.now() / 1000),
    meta: {
      n_params: tensors.reduce((sum, t) => sum + t.dimensions.reduce((a, b) => a * Number(b), 1), 0),
      n_ctx: context.contextSize,
      size: model.size,
      digest: "sha256:" + createHash("sha256").update(readFileSync(path)).digest("hex"),
    },
  };
}

/** The text that is certain by now: no half character, nothing that may yet become a stop. */
function settled(text, stops) {
  let end = text.length;
  while (end > 0 && text[end - 1] === "\ufffd") end--;
  for (const stop of stops) {
    for (let n = Math.min(stop.length - 1, end); n > 0; n--) {
      if (text.slice(0, end).endsWith(stop.slice(0, n))) {
        end -= n;
        break;
      }
    }
  }
  return text.slice(0, end);
}

/** Generates one answer; onText gets each piece of it. Returns finish reason and token counts. */
async function generate(engine, chat, onText, gone) {
  const { model, context, sequence } = engine;
  // false: "</s>" typed by a user is four characters, never the token.
  const prompt = [model.tokens.bos, ...model.tokenize(promptOf(chat.question), false)];
  const room = context.contextSize - prompt.length;
  if (room < 1) {
    throw new BadRequest(
      `the prompt is ${prompt.length} tokens long, the context ${context.contextSize}`,
      "context_length_exceeded");
  }
  const limit = Math.min(chat.maxTokens ?? room, room);
  // Energy is measured per request, so each one pays for its whole prompt.
  await sequence.clearHistory();
  const tokens = [];
  let sent = 0, count = 0, reason = "length", text = "";
  for await (const token of sequence.evaluate(prompt, { ...chat.sampling, yieldEogToken: true })) {
    if (gone()) return { reason: "abort", prompt: prompt.length, completion: count };
    count++;
    if (model.isEogToken(token)) {
      reason = "stop";
      break;
    }
    tokens.push(token);
    text = model.detokenize(tokens);
    const cut = Math.min(...chat.stops.map((s) => text.indexOf(s)).filter((i) => i >= 0));
    if (cut < Infinity) {
      text = text.slice(0, cut);
      reason = "stop";
      break;
    }
    const safe = settled(text, chat.stops);
    if (safe.length > sent) {
      onText(safe.slice(sent));
      sent = safe.length;
    }
    if (count >= limit) break;
  }
  if (text.length > sent) onText(text.slice(sent));
  return { reason, prompt: prompt.length, completion: count };
}

function sendJson(res, status, body) {
  if (res.headersSent || res.destroyed) return res.destroy();
  const raw = JSON.stringify(body);
  res.writeHead(status, {
    "content-type": "application/json", "content-length": Buffer.byteLength(raw),
  });
  res.end(raw);
}

function sendError(res, status, message, code = null) {
  const type = status < 500 ? "invalid_request_error" : "server_error";
  sendJson(res, status, { error: { message, type, param: null, code } });
}

async function readBody(req) {
  const chunks = [];
  let size = 0;
  // What is left unread of a body too large node drains after the answer, so the client sees it.
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > BODY_LIMIT) {
      throw new BadRequest(`the body is larger than ${BODY_LIMIT} bytes`, "body_too_large", 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function answerChat(engine, chat, res) {
  const head = {
    id: "chatcmpl-" + randomUUID(), created: Math.floor(Date.now() / 1000), model: engine.id,
  };
  const usageOf = (done) => ({
    prompt_tokens: done.prompt, completion_tokens: done.completion,
    total_tokens: done.prompt + done.completion,
  });
  const gone = () => res.destroyed;
  if (!chat.stream) {
    let content = "";
    const done = await generate(engine, chat, (text) => (content += text), gone);
    const message = { role: "assistant", content };
    return sendJson(res, 200, {
      ...head, object: "chat.completion", usage: usageOf(done),
      choices: [{ index: 0, message, logprobs: null, finish_reason: done.reason }],
    });
  }
  const event = (rest) => {
    if (!res.headersSent) {
      res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    }
    const chunk = { ...head, object: "chat.completion.chunk", ...rest };
    if (chat.includeUsage && !("usage" in chunk)) chunk.usage = null;
    res.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  const delta = (delta, finish_reason = null) =>
    event({ choices: [{ index: 0, delta, finish_reason }] });
  // Only with the first token: until then a bad prompt can still get its own status code.
  let open = () => {
    open = () => {};
    delta({ role: "assistant", content: "" });
  };
  const done = await generate(engine, chat, (content) => (open(), delta({ content })), gone);
  if (gone()) return;
  open();
  delta({}, done.reason);
  if (chat.includeUsage) event({ choices: [], usage: usageOf(done) });
  res.end("data: [DONE]\n\n");
}

/** Serves what load() promises; answers 503 until then. */
export function serve({ load, port, host }) {
  let engine = null;
  let turn = Promise.resolve(); // llama.cpp answers one request at a time, in order of arrival
  const route = async (req, res) => {
    const { pathname } = new URL(req.url, "http://localhost");
    const methods = { "/health": "GET", "/v1/models": "GET", "/v1/chat/completions": "POST" };
    if (!(pathname in methods)) return sendError(res, 404, `no such path: ${pathname}`, "not_found");
    if (req.method !== methods[pathname]) {
      res.setHeader("allow", methods[pathname]);
      return sendError(res, 405, `${pathname} takes ${methods[pathname]}`, "method_not_allowed");
    }
    if (!engine) return sendError(res, 503, "the model is loading", "loading");
    if (pathname === "/health") return sendJson(res, 200, { status: "ok" });
    if (pathname === "/v1/models") {
      const { id, created, meta } = engine;
      return sendJson(res, 200, {
        object: "list", data: [{ id, object: "model", created, owned_by: "wattfleet", meta }],
      });
    }
    const chat = parseChat(await readBody(req));
    const mine = turn.then(() => (res.destroyed ? undefined : answerChat(engine, chat, res)));
    turn = mine.catch(() => {});
    return mine;
  };
  const server = createServer((req, res) => {
    route(req, res).catch((error) => {
      if (error instanceof BadRequest) sendError(res, error.status, error.message, error.code);
      else {
        console.error(error);
        sendError(res, 500, error.message);
      }
    });
  });
  // Listening comes first, so that a port in use is told before a model is loaded.
  const ready = new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => load().then((e) => resolve((engine = e)), reject));
  });
  return { server, ready };
}

function readOptions() {
  const options = {
    model: { type: "string" }, port: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
  };
  try {
    const { values } = parseArgs({ options });
    const port = /^\d+$/.test(values.port ?? "") ? Number(values.port) : Infinity;
    if (!values.model) throw new Error("--model is missing");
    if (port > 65535) throw new Error("--port must be a number from 0 to 65535");
    return { ...values, port };
  } catch (error) {
    console.error(`server.mjs: ${error.message}`);
    console.error("usage: node server.mjs --model FILE.gguf --port N [--host 127.0.0.1]");
    process.exit(2);
  }
}

function main() {
  const { model, port, host } = readOptions();
  // Nothing here outlives the process, so there is nothing to wait for.
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
  const { server, ready } = serve({ load: () => load(model), port, host });
  ready.then(
    (engine) => console.log(`${engine.id} ready on http://${host}:${server.address().port}`),
    (error) => {
      const missing = error.code === "ERR_MODULE_NOT_FOUND";
      const hint = missing ? `node-llama-cpp is not installed: npm ci` : error.message;
      console.error(`server.mjs: ${hint.replaceAll(/\s+/g, " ")}`);
      process.exit(1);
    });
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
