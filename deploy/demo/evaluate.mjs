#!/usr/bin/env node
// Asks a server every held-out question, one at a time, and prints the accuracy by subject.
//
//   node evaluate.mjs --url http://127.0.0.1:8091 [--questions questions.jsonl] [--wrong]

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    url: { type: "string", default: "http://127.0.0.1:8091" },
    questions: { type: "string", default: new URL("questions.jsonl", import.meta.url).pathname },
    wrong: { type: "boolean", default: false },
  },
});

/** The content and token count of one streamed answer, read as a benchmark's client would. */
async function ask(question) {
  const response = await fetch(values.url + "/v1/chat/completions", {
    method: "POST",
    body: JSON.stringify({
      messages: [{ role: "user", content: question }], temperature: 0, max_tokens: 16,
      stream: true, stream_options: { include_usage: true },
    }),
  });
  const raw = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${raw}`);
  const chunks = raw.split("\n\n").map((line) => line.slice("data: ".length));
  if (chunks.at(-2) !== "[DONE]") throw new Error(`the stream stops short: ${raw}`);
  const events = chunks.slice(0, -2).map((chunk) => JSON.parse(chunk));
  const text = events.map((e) => e.choices[0]?.delta.content ?? "").join("");
  return { text, tokens: events.at(-1).usage.completion_tokens };
}

/** As the numeric grader: the last number of the answer counts. */
const isRight = (text, answer) => Number(text.match(/-?\d+(\.\d+)?/g)?.at(-1)) === Number(answer);

const rows = readFileSync(values.questions, "utf8").trim().split("\n").map((l) => JSON.parse(l));
const tally = new Map();
const start = performance.now();
let tokens = 0;
for (const { question, answer, subject } of rows) {
  const count = tally.get(subject) ?? { right: 0, all: 0 };
  tally.set(subject, count);
  const reply = await ask(question);
  const right = isRight(reply.text, answer);
  count.right += right;
  count.all++;
  tokens += reply.tokens;
  if (values.wrong && !right) console.log(`${question}  ${reply.text}  (${answer})`);
}
const seconds = (performance.now() - start) / 1000;
const sum = [...tally.values()].reduce((a, c) => ({ right: a.right + c.right, all: a.all + c.all }));
for (const [subject, { right, all }] of [...tally, ["all", sum]]) {
  const share = ((100 * right) / all).toFixed(1);
  console.log(`${subject.padEnd(12)} ${right}/${all}  ${share} %`);
}
console.log(`${seconds.toFixed(1)} s, ${(tokens / seconds).toFixed(0)} tokens/s`);
