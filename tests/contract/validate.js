// Checks exchanges with Azure Resource Manager against its descriptions (OpenAPI 2.0), offline.
//
// usage: node validate.js MODULES OFFICIAL OWN RECORDINGS < exchanges > verdicts
//   MODULES     node_modules with what package.json names
//   OFFICIAL    folder with the official descriptions
//   OWN         folder with the descriptions that are ours
//   RECORDINGS  folder with recordings of Azure's own traffic
//
// A line in is one exchange,
//   {"id", "method", "url", "content_type", "body", "status", "response_content_type", "response_body"},
// or the place of one in a recording, judged as if it had been made with this api-version,
//   {"id", "recording", "interaction", "api_version"}      (the first interaction of a file is 1).
// A line out is {"event": "finding", "id", "side", "code", "path", "message"}, or, last for each exchange,
// {"event": "checked", "id", "operation", "own"}; `operation` is null if no description has the request.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const net = require("net");

// The descriptions are all here: whatever asks the network for one is a mistake.
net.Socket.prototype.connect = () => {
  throw new Error("the validation is offline");
};

const [modules, official, own, recordings] = process.argv.slice(2).map((folder) => path.resolve(folder));
const { LiveValidator } = require(path.join(modules, "oav/dist/lib/liveValidation/liveValidator.js"));
const yaml = require(path.join(modules, "js-yaml"));

// The examples beside the official descriptions are JSON too, and no descriptions.
const isDescription = (file) => file.endsWith(".json") && !file.split(path.sep).includes("examples");

const descriptions = (folder) =>
  fs
    .readdirSync(folder, { recursive: true })
    .filter(isDescription)
    .map((file) => path.join(folder, file))
    .filter((file) => JSON.parse(fs.readFileSync(file, "utf8")).paths !== undefined);

async function validator(folder) {
  const options = { directory: folder, swaggerPaths: descriptions(folder), git: { shouldClone: false } };
  const live = new LiveValidator(options, () => {});
  await live.initialize();
  return live;
}

// The providers of our own descriptions; requests to them are checked against those.
const ownProviders = fs.readdirSync(own).map((name) => `/providers/${name.toLowerCase()}/`);
const isOwn = (url) => {
  const last = url.toLowerCase().match(/\/providers\/[^/?]+\//g)?.at(-1);
  return ownProviders.includes(last);
};

const files = new Map();
function interactions(file) {
  if (!files.has(file)) {
    files.set(file, yaml.load(fs.readFileSync(path.join(recordings, file), "utf8")).interactions);
  }
  return files.get(file);
}

const json = (text) => {
  try {
    return text === null || text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
};

function recorded({ id, recording, interaction, api_version }) {
  const { request, response } = interactions(recording)[interaction - 1];
  const type = (headers) => (headers["Content-Type"] ?? headers["content-type"] ?? [])[0];
  return {
    id,
    method: request.method,
    url: request.uri.replace(/api-version=[^&]*/, `api-version=${api_version}`),
    content_type: type(request.headers),
    body: json(request.body),
    status: response.status.code,
    response_content_type: type(response.headers),
    response_body: json(response.body.string),
  };
}

const headers = (type) => (type ? { "content-type": type } : {});

const pair = (exchange) => ({
  liveRequest: {
    method: exchange.method,
    url: exchange.url,
    headers: headers(exchange.content_type),
    query: Object.fromEntries(new URL(exchange.url).searchParams),
    body: exchange.body ?? undefined,
  },
  liveResponse: {
    statusCode: String(exchange.status),
    headers: headers(exchange.response_content_type),
    body: exchange.response_body ?? undefined,
  },
});

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function report(id, side, { errors = [], runtimeException }) {
  const all = runtimeException ? [runtimeException, ...errors] : errors;
  for (const { code, message, jsonPathsInPayload = [] } of all) {
    say({ event: "finding", id, side, code, path: jsonPathsInPayload[0] ?? "", message });
  }
}

async function check(exchange, validators) {
  const ours = isOwn(exchange.url);
  const result = await validators[ours ? "own" : "official"].validateLiveRequestResponse(pair(exchange));
  const { requestValidationResult: request, responseValidationResult: response } = result;
  if (result.runtimeException) {
    report(exchange.id, "request", result);
  }
  report(exchange.id, "request", request);
  // Without a description of the request there is nothing to hold the response against; it would only say so again.
  if (request.isSuccessful !== undefined) {
    report(exchange.id, "response", response);
  }
  const found = request.isSuccessful !== undefined;
  say({ event: "checked", id: exchange.id, operation: found ? request.operationInfo.operationId : null, own: ours });
}

async function main() {
  const validators = { official: await validator(official), own: await validator(own) };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const exchange = JSON.parse(line);
    await check(exchange.recording ? recorded(exchange) : exchange, validators);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 2;
});
