// The public API, spoken like any other client speaks it.

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Api {
  constructor(token) {
    this.token = token;
  }

  projects() {
    return this.#all("");
  }

  project(projectId) {
    return new ProjectApi(this, projectId);
  }

  /** Sets the cookie that lets a citation be opened as a page of its own. Resolves to {email}. */
  openSession() {
    return this.json("POST", "/session", { token: this.token });
  }

  closeSession() {
    return this.fetch("DELETE", "/session");
  }

  /** The response, where it is a success; else throws ApiError with what the server says. */
  async fetch(method, path, { body, headers = {}, signal } = {}) {
    const isJson = body !== undefined && !(body instanceof FormData);
    const response = await fetch(path, {
      method,
      signal,
      body: isJson ? JSON.stringify(body) : body,
      headers: {
        Authorization: `Token ${this.token}`,
        Accept: "application/json",
        ...(isJson ? { "Content-Type": "application/json" } : {}),
        ...headers,
      },
    });
    if (!response.ok) throw new ApiError(response.status, await explanation(response));
    return response;
  }

  async json(method, path, body, options = {}) {
    const response = await this.fetch(method, path, { body, ...options });
    return response.status === 204 ? null : response.json();
  }

  async #all(path) {
    return (await this.json("GET", `/api/v1/projects/${path}?limit=1000`)).results;
  }
}

class ProjectApi {
  #api;
  #root;

  constructor(api, projectId) {
    this.#api = api;
    this.id = projectId;
    this.#root = `/api/v1/projects/${projectId}`;
  }

  async agents() {
    return (await this.#get("/agent-settings/?limit=1000")).results;
  }

  conversations({ text, tags, limit, offset }, signal) {
    const query = new URLSearchParams({ limit, offset });
    if (text) query.set("text", text);
    for (const tag of tags) query.append("tags", tag);
    return this.#get(`/playground-conversations/?${query}`, { signal });
  }

  async tags() {
    return (await this.#get("/playground-conversations/all-tags/")).tags;
  }

  conversation(id, signal) {
    return this.#get(`/playground-conversations/${id}/`, { signal });
  }

  create(agentId) {
    return this.#post("/playground-conversations/", { agent_settings: agentId });
  }

  change(id, changes) {
    return this.#api.json("PATCH", `${this.#root}/playground-conversations/${id}/`, changes);
  }

  archive(id) {
    return this.#api.json("DELETE", `${this.#root}/playground-conversations/${id}/`);
  }

  unarchive(id) {
    return this.#post(`/playground-conversations/${id}/unarchive/`);
  }

  share(id) {
    return this.#post(`/playground-conversations/${id}/share/`);
  }

  unshare(id) {
    return this.#post(`/playground-conversations/${id}/unshare/`);
  }

  cancel(id) {
    return this.#post(`/playground-conversations/${id}/cancel/`);
  }

  /** The streaming response of a new turn. The same key never asks twice. */
  send(id, message, { key, signal }) {
    const path = `${this.#root}/playground-conversations/${id}/send_message_stream/`;
    return this.#api.fetch("POST", path, {
      body: { message },
      signal,
      headers: { "Idempotency-Key": key, Accept: "text/event-stream, application/json" },
    });
  }

  /** The streaming response of a turn that was begun before, after an event that was seen already. */
  watch(id, { queryId, lastEventId, signal }) {
    const headers = { Accept: "text/event-stream, application/json" };
    if (lastEventId) headers["Last-Event-ID"] = lastEventId;
    const path = `${this.#root}/playground-conversations/${id}/stream/?query_id=${queryId}`;
    return this.#api.fetch("GET", path, { signal, headers });
  }

  async documents() {
    return (await this.#get("/documents/get-without-file/?limit=1000")).results;
  }

  indexing(ids) {
    const query = ids ? `?document_ids=${ids.join(",")}` : "";
    return this.#get(`/documents/indexing-status/${query}`);
  }

  upload(files) {
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    return this.#api.json("POST", `${this.#root}/documents/bulk-upload/`, form);
  }

  deleteDocument(id) {
    return this.#api.json("DELETE", `${this.#root}/documents/${id}/`);
  }

  #get(path, options) {
    return this.#api.json("GET", this.#root + path, undefined, options);
  }

  #post(path, body = {}) {
    return this.#api.json("POST", this.#root + path, body);
  }
}

/** What an error answer says: {error}, or {field: [messages]}. */
async function explanation(response) {
  try {
    const body = await response.json();
    if (typeof body.error === "string") return body.error;
    return Object.entries(body)
      .map(([field, texts]) => `${field}: ${[texts].flat().join(" ")}`)
      .join(" ");
  } catch {
    return `The server answered ${response.status}.`;
  }
}
