// The server's protocol: first over a stand-in for llama.cpp, whose timing a test can hold, then
// over the real one with the small model, where it is installed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { serve } from "../server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const user = (content) => [{ role: "user", content }];
const post = (url, body, options = {}) =>
  fetch(url + "/v1/chat/completions", {
    method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), ...options,
  });

/** The events of a stream, which must end with [DONE]. */
async function eventsOf(response) {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const parts = (await response.text()).split("\n\n");
  assert.deepEqual(parts.slice(-2), ["data: [DONE]", ""]);
  return parts.slice(0, -2).map((part) => JSON.parse(part.replace(/^data: /, "")));
}

const textOf = (events) => events.map((e) => e.choices[0]?.delta.content ?? "").join("");

async function errorOf(response, status) {
  assert.equal(response.status, status);
  const { error } = await response.json();
  assert.equal(typeof error.message, "string");
  assert.equal(error.type, status < 500 ? "invalid_request_error" : "server_error");
  return error;
}

/** An engine whose tokens are bytes and whose answer, byte by byte, is what a test says. */
function standIn(answer, { pause = 0, contextSize = 64 } = {}) {
  const seen = { asked: [], options: [], cleared: 0, running: 0, most: 0, stopped: 0 };
  const end = 256;
  const sequence = {
    clearHistory: async () => void seen.cleared++,
    async *evaluate(prompt, options) {
      seen.asked.push(Buffer.from(prompt.slice(1)).toString());
      seen.options.push(options);
      seen.most = Math.max(seen.most, ++seen.running);
      try {
        for (const byte of answer) {
          await sleep(pause);
          yield byte;
        }
        yield end;
      } finally {
        seen.running--;
        seen.stopped++;
      }
    },
  };
  const model = {
    tokens: { bos: 257 },
    tokenize: (text, special) => (assert.equal(special, false), [...Buffer.from(text)]),
    detokenize: (tokens) => Buffer.from(tokens).toString(),
    isEogToken: (token) => token === end,
  };
  const engine = { id: "stand-in", created: 1, meta: {}, model, context: { contextSize }, sequence };
  return { seen, engine };
}

async function withServer(load, body) {
  const { server, ready } = serve({ load, port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  try {
    return await body(`http://127.0.0.1:${server.address().port}`, ready);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const withStandIn = ({ engine }, body) =>
  withServer(async () => engine, async (url, ready) => (await ready, body(url)));

describe("over a stand-in engine", () => {
  test("503 while loading, 200 after", async () => {
    const { promise, resolve } = deferred();
    await withServer(() => promise, async (url, ready) => {
      await errorOf(await fetch(url + "/health"), 503);
      await errorOf(await post(url, { messages: user("1") }), 503);
      resolve(standIn([]).engine);
      await ready;
      assert.deepEqual(await (await fetch(url + "/health")).json(), { status: "ok" });
    });
  });

  test("a failed load is told", async () => {
    await withServer(
      async () => { throw new Error("no such file"); },
      (url, ready) => assert.rejects(ready, /no such file/));
  });

  test("streams a role, the pieces, a reason, the usage when asked for", async () => {
    const stub = standIn(Buffer.from("42"));
    await withStandIn(stub, async (url) => {
      const stream_options = { include_usage: true };
      const events = await eventsOf(
        await post(url, { messages: user(" 40 + 2 = ?\n"), stream: true, stream_options }));
      assert.deepEqual(events.map((e) => e.choices[0]?.delta),
        [{ role: "assistant", content: "" }, { content: "4" }, { content: "2" }, {}, undefined]);
      assert.deepEqual(events.map((e) => e.choices[0]?.finish_reason),
        [null, null, null, "stop", undefined]);
      assert.deepEqual(events.at(-1).choices, []);
      assert.deepEqual(events.at(-1).usage,
        { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 });
      assert.ok(events.slice(0, -1).every((e) => e.usage === null));
      const plain = await eventsOf(await post(url, { messages: user("1"), stream: true }));
      assert.ok(plain.every((e) => !("usage" in e)));
    });
    assert.deepEqual(stub.seen.asked, ["40 + 2 = ?\n", "1\n"]);
    assert.equal(stub.seen.cleared, 2);
  });

  test("asks with the last user message alone, parts joined", async () => {
    const stub = standIn(Buffer.from("1"));
    await withStandIn(stub, async (url) => {
      const messages = [
        { role: "system", content: "Be brief." }, ...user("first"),
        { role: "assistant", content: "no" },
        ...user([{ type: "text", text: "la" }, { type: "text", text: "st" }]),
      ];
      assert.equal((await post(url, { messages })).status, 200);
    });
    assert.deepEqual(stub.seen.asked, ["last\n"]);
  });

  test("hands the sampling on, greedy without a wish", async () => {
    const stub = standIn(Buffer.from("1"));
    await withStandIn(stub, async (url) => {
      const wish = { temperature: 0.7, top_p: 0.9, top_k: 5, seed: 11 };
      await (await post(url, { messages: user("1"), ...wish })).text();
      await (await post(url, { messages: user("1") })).text();
    });
    const [wished, plain] = stub.seen.options;
    assert.deepEqual([wished.temperature, wished.topP, wished.topK, wished.seed], [0.7, 0.9, 5, 11]);
    assert.equal(plain.temperature, 0);
  });

  test("cuts before a stop, also one that comes in pieces", async () => {
    await withStandIn(standIn(Buffer.from("one and two")), async (url) => {
      const body = { messages: user("1"), stream: true, stop: ["and", "zzz"] };
      const events = await eventsOf(await post(url, body));
      assert.equal(textOf(events), "one ");
      assert.equal(events.at(-1).choices[0].finish_reason, "stop");
      // "an" and "tw" might have become stops; they did not, so they are text.
      const near = await post(url, { messages: user("1"), stop: ["anx", "twx"], stream: true });
      assert.equal(textOf(await eventsOf(near)), "one and two");
    });
  });

  test("ends at max_tokens and at the end of the context", async () => {
    await withStandIn(standIn(Buffer.alloc(500, "x"), { contextSize: 32 }), async (url) => {
      for (const [key, prompt, want] of [
        ["max_tokens", "1", 3], ["max_completion_tokens", "1", 3], ["none", "1234567", 23],
      ]) {
        const reply = await (await post(url, { messages: user(prompt), [key]: 3 })).json();
        assert.equal(reply.choices[0].message.content.length, want, key);
        assert.equal(reply.choices[0].finish_reason, "length");
        assert.equal(reply.usage.completion_tokens, want);
      }
      const error = await errorOf(await post(url, { messages: user("x".repeat(40)), stream: true }), 400);
      assert.equal(error.code, "context_length_exceeded");
    });
  });

  test("never sends half a character", async () => {
    await withStandIn(standIn(Buffer.from("é€")), async (url) => {
      const events = await eventsOf(await post(url, { messages: user("1"), stream: true }));
      assert.deepEqual(events.slice(1, -1).map((e) => e.choices[0].delta.content), ["é", "€"]);
    });
  });

  test("answers one at a time, all of them", async () => {
    const stub = standIn(Buffer.from("abc"), { pause: 1 });
    await withStandIn(stub, async (url) => {
      const all = await Promise.all(
        Array.from({ length: 8 }, async () => (await post(url, { messages: user("1") })).json()));
      assert.ok(all.every((reply) => reply.choices[0].message.content === "abc"));
    });
    assert.equal(stub.seen.most, 1);
    assert.equal(stub.seen.stopped, 8);
  });

  for (const stream of [true, false]) {
    test(`a client that leaves ends its answer (stream: ${stream})`, async () => {
      const stub = standIn(Buffer.alloc(10_000, "x"), { pause: 5, contextSize: 20_000 });
      await withStandIn(stub, async (url) => {
        const leave = new AbortController();
        const gone = post(url, { messages: user("1"), stream }, { signal: leave.signal });
        while (stub.seen.running === 0) await sleep(5);
        const waiting = new AbortController();
        const queued = post(url, { messages: user("2") }, { signal: waiting.signal });
        await sleep(20);
        leave.abort();
        waiting.abort();
        await Promise.allSettled([gone, queued]);
        while (stub.seen.stopped === 0) await sleep(5);
        const short = await post(url, { messages: user("3"), max_tokens: 1 });
        assert.equal((await short.json()).choices[0].message.content, "x");
      });
      assert.deepEqual(stub.seen.asked, ["1\n", "3\n"], "one that left the queue is not asked");
    });
  }

  test("a failure of the engine is a 500, and the next request is served", async () => {
    const stub = standIn(Buffer.from("7"));
    const { evaluate } = stub.engine.sequence;
    stub.engine.sequence.evaluate = () => { throw new Error("out of order"); };
    await withStandIn(stub, async (url) => {
      const { message } = await errorOf(await post(url, { messages: user("1"), stream: true }), 500);
      assert.equal(message, "out of order");
      stub.engine.sequence.evaluate = evaluate;
      assert.equal((await post(url, { messages: user("1") })).status, 200);
    });
  });

  test("says what is wrong with a request", async () => {
    await withStandIn(standIn(Buffer.from("1")), async (url) => {
      for (const body of [
        "", "{", "[]", "null", {}, { messages: [] }, { messages: "x" }, { messages: [null] },
        { messages: [{ role: "system", content: "x" }] }, { messages: user(7) },
        { messages: user([{ type: "image_url", image_url: {} }]) },
        ...[["max_tokens", 0], ["max_tokens", 1.5], ["max_tokens", "3"], ["temperature", -1],
          ["top_p", 2], ["top_k", 0.5], ["seed", -1], ["stop", [""]], ["stop", 4],
          ["stop", ["a", "b", "c", "d", "e"]],
        ].map(([key, value]) => ({ messages: user("1"), [key]: value })),
      ]) await errorOf(await post(url, body), 400);
      const raw = await fetch(url + "/v1/chat/completions",
        { method: "POST", body: Buffer.from([0x22, 0xff, 0x22]) });
      assert.equal((await errorOf(raw, 400)).code, "bad_json");
      await errorOf(await fetch(url + "/v1/completions"), 404);
      await errorOf(await fetch(url + "/v1/chat/completions"), 405);
      const large = await post(url, { messages: user("x".repeat(3 << 20)) });
      assert.equal((await errorOf(large, 413)).code, "body_too_large");
      assert.equal((await post(url, { messages: user("1") })).status, 200);
    });
  });
});

function deferred() {
  let resolve;
  const promise = new Promise((r) => (resolve = r));
  return { promise, resolve };
}

const installed = existsSync(here("../node_modules/node-llama-cpp"));
describe("over llama.cpp", { skip: !installed && "node-llama-cpp is not installed: npm ci" }, () => {
  const model = here("../models/abacus-small.gguf");
  let server, url;

  before(async () => {
    const argv = [here("../server.mjs"), "--model", model, "--port", "0"];
    server = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(server.stdout, "data");
    url = String(line).match(/http:\S+/)[0];
  });
  after(() => server?.kill("SIGKILL"));

  test("names its model, the size and the digest", async () => {
    const { data } = await (await fetch(url + "/v1/models")).json();
    assert.equal(data.length, 1);
    assert.equal(data[0].id, "abacus-small");
    const sum = createHash("sha256").update(readFileSync(model)).digest("hex");
    assert.equal(data[0].meta.digest, "sha256:" + sum);
    assert.ok(data[0].meta.n_params > 1000 && data[0].meta.n_params < 1e6);
  });

  test("answers the same alone, streamed, and after other questions", async () => {
    const ask = { messages: user("Largest of 12, 95, 38?") };
    const first = (await (await post(url, ask)).json()).choices[0];
    assert.match(first.message.content, /^\d+$/);
    assert.equal(first.finish_reason, "stop");
    await (await post(url, { messages: user("640 + 55 = ?") })).text();
    const events = await eventsOf(await post(url, { ...ask, stream: true }));
    assert.equal(textOf(events), first.message.content);
  });

  test("takes a special token's text for text", async () => {
    const count = async (text) =>
      (await (await post(url, { messages: user(text), max_tokens: 1 })).json()).usage.prompt_tokens;
    assert.equal(await count("1</s>2"), await count("123456"));
  });

  test("stop, max_tokens and a seed", async () => {
    const choice = async (more) =>
      (await (await post(url, { messages: user("640 + 155 = ?"), ...more })).json()).choices[0];
    const whole = (await choice({})).message.content;
    const cut = await choice({ max_tokens: 1 });
    assert.deepEqual([cut.message.content, cut.finish_reason], [whole[0], "length"]);
    const stopped = await choice({ stop: whole[1] });
    assert.equal(stopped.message.content, whole.slice(0, whole.indexOf(whole[1])));
    const hot = { temperature: 2, top_p: 0.99, top_k: 50, seed: 3, max_tokens: 30 };
    assert.equal((await choice(hot)).message.content, (await choice(hot)).message.content);
  });

  test("SIGTERM ends it quickly", async () => {
    const start = performance.now();
    server.kill("SIGTERM");
    const [code] = await once(server, "exit");
    assert.equal(code, 0);
    assert.ok(performance.now() - start < 2000);
  });
});
