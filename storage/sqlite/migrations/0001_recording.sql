-- Who is recorded: an owner is the keyed hash of an API key.
CREATE TABLE owners (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
);

-- Owners that are taken for others, since their keys are those of one who rotated them; both are hashes.
CREATE TABLE aliases (alias BLOB PRIMARY KEY, owner BLOB NOT NULL) WITHOUT ROWID;

-- What holds for the whole store, such as the key that owners are hashed with.
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- Content that many exchanges share, by its hash.
CREATE TABLE blobs (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    packed INTEGER NOT NULL,
    data BLOB NOT NULL
);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    owner INTEGER NOT NULL REFERENCES owners (id),
    name TEXT,
    parent INTEGER REFERENCES sessions (id),
    awaits TEXT, -- the client's name for its parent, as long as that isn't there
    title TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    meta TEXT NOT NULL DEFAULT '{}',
    user_agent TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    system BLOB NOT NULL DEFAULT x'',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    exchanges INTEGER NOT NULL DEFAULT 0,
    messages INTEGER NOT NULL DEFAULT 0,
    user_messages INTEGER NOT NULL DEFAULT 0,
    ai_messages INTEGER NOT NULL DEFAULT 0,
    tool_calls INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0,
    prompt_tokens INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0,
    cost INTEGER NOT NULL DEFAULT 0,
    unpriced INTEGER NOT NULL DEFAULT 0,
    decisions INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX sessions_by_name ON sessions (owner, name) WHERE name IS NOT NULL;
CREATE INDEX sessions_by_parent ON sessions (parent) WHERE parent IS NOT NULL;
CREATE INDEX sessions_awaiting ON sessions (owner, awaits) WHERE awaits IS NOT NULL;
CREATE INDEX sessions_by_update ON sessions (updated_at);

-- Sessions that are being erased belong to nobody. With "= 0", whatever asks for sessions of a certain owner would be
-- planned anew each time, lest it be this one.
CREATE INDEX sessions_leaving ON sessions (id) WHERE owner <= 0;

-- Who needs which shared content: a session or, by its negative number, an exchange that belongs to none.
CREATE TABLE uses (
    holder INTEGER NOT NULL,
    blob INTEGER NOT NULL REFERENCES blobs (id),
    PRIMARY KEY (holder, blob)
) WITHOUT ROWID;
CREATE INDEX uses_by_blob ON uses (blob);

-- Each message once per history: its digest names it and all before it. Its marks are the digests of its landmarks.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    parent INTEGER REFERENCES messages (id),
    role TEXT NOT NULL,
    body BLOB NOT NULL,
    text TEXT,
    tokens INTEGER NOT NULL,
    lone BLOB NOT NULL,
    marks BLOB
);
CREATE INDEX messages_by_parent ON messages (parent) WHERE parent IS NOT NULL;

-- Answers that were relayed, by what is recognised of them in a shortened history: with their question, or their tool calls.
CREATE TABLE landmarks (
    digest BLOB NOT NULL CHECK (length(digest) = 16),
    message INTEGER NOT NULL REFERENCES messages (id),
    PRIMARY KEY (digest, message)
) WITHOUT ROWID;

-- Which session holds which message, in the order in which they came: a session's log.
CREATE TABLE places (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions (id),
    message INTEGER NOT NULL REFERENCES messages (id),
    exchange INTEGER NOT NULL,
    relayed INTEGER NOT NULL,
    continued INTEGER NOT NULL
);
CREATE UNIQUE INDEX places_by_message ON places (message, session);
CREATE INDEX places_by_session ON places (session);
CREATE INDEX places_relayed ON places (message) WHERE relayed = 1;

-- A messages list as a client sent it: the list before it, and what came after that.
CREATE TABLE prompts (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    parent INTEGER REFERENCES prompts (id),
    items BLOB NOT NULL
);
CREATE INDEX prompts_by_parent ON prompts (parent) WHERE parent IS NOT NULL;

CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    owner INTEGER NOT NULL REFERENCES owners (id),
    session INTEGER REFERENCES sessions (id),
    match TEXT NOT NULL,
    run BLOB,
    at INTEGER NOT NULL,
    ended_at INTEGER,
    first_byte_at INTEGER,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    dialect TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    sent_model TEXT,
    answered_by TEXT,
    stream INTEGER NOT NULL,
    parsed INTEGER NOT NULL,
    status INTEGER,
    ending TEXT,
    finish_reason TEXT,
    upstream_id TEXT,
    user_agent TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    body_bytes INTEGER NOT NULL,
    reply_bytes INTEGER,
    reply_hash BLOB,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    cached_tokens INTEGER,
    reasoning_tokens INTEGER,
    cache_written_tokens INTEGER,
    usage_source TEXT NOT NULL DEFAULT 'unknown',
    cost INTEGER,
    error_type TEXT,
    error_code TEXT,
    error_message TEXT,
    error_body BLOB,
    malformed INTEGER NOT NULL DEFAULT 0,
    retry_of BLOB,
    tip INTEGER REFERENCES messages (id),
    retried INTEGER NOT NULL DEFAULT 0,
    answer INTEGER REFERENCES messages (id),
    answers BLOB,
    prompt INTEGER REFERENCES prompts (id),
    residue BLOB,
    tools BLOB,
    system BLOB,
    reply_residue BLOB,
    logprobs BLOB,
    raw BLOB,
    handle TEXT,
    reply_id TEXT,
    forwarded_hash BLOB,
    adds_usage INTEGER NOT NULL DEFAULT 0,
    asked TEXT,
    said TEXT,
    confidence INTEGER,
    sent_tokens INTEGER,
    forwarded_tokens INTEGER,
    plan BLOB
);
CREATE INDEX exchanges_by_session ON exchanges (session);
CREATE INDEX exchanges_by_prompt ON exchanges (prompt, session) WHERE prompt IS NOT NULL;
CREATE INDEX exchanges_unanswered ON exchanges (owner, body_hash)
    WHERE ended_at IS NOT NULL AND answer IS NULL AND parsed = 1 AND retried = 0;
CREATE INDEX exchanges_failed ON exchanges (id)
    WHERE ended_at IS NOT NULL AND (ending != 'complete' OR status >= 400 OR error_message != '');

CREATE INDEX exchanges_compacted ON exchanges (session) WHERE plan IS NOT NULL OR match = 'summary';

-- Replies that their upstream holds, by the id under which it does.
CREATE INDEX exchanges_held ON exchanges (owner, handle) WHERE handle IS NOT NULL;

-- Closed runs of a history, each with its summary, by the hash of all that they say. The digests name prefixes. Closings
-- name them by their numbers, which are not given again.
CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    session INTEGER REFERENCES sessions (id),
    digest BLOB NOT NULL,
    parent BLOB NOT NULL,
    first INTEGER NOT NULL,
    beyond INTEGER NOT NULL,
    level INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    text TEXT NOT NULL,
    summarizer TEXT NOT NULL,
    packed INTEGER NOT NULL,
    data BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX segments_by_session ON segments (session);
CREATE INDEX segments_by_digest ON segments (digest);

-- What stands in place of a history: its segments, and the words around them. Written once, never changed.
CREATE TABLE closings (
    digest BLOB NOT NULL,
    threshold INTEGER NOT NULL,
    session INTEGER REFERENCES sessions (id),
    created_at INTEGER NOT NULL,
    packed INTEGER NOT NULL,
    data BLOB NOT NULL,
    segments BLOB NOT NULL,
    PRIMARY KEY (digest, threshold)
) WITHOUT ROWID;
CREATE INDEX closings_by_session ON closings (session);

-- Texts that stand in plans, by their hash, within one session.
CREATE TABLE planned (
    session INTEGER NOT NULL,
    hash BLOB NOT NULL,
    packed INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (session, hash)
) WITHOUT ROWID;

CREATE TABLE attempts (
    exchange INTEGER NOT NULL REFERENCES exchanges (id),
    number INTEGER NOT NULL,
    provider TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (exchange, number)
) WITHOUT ROWID;

-- A running stream's bytes, piece by piece; gone once the exchange is closed.
CREATE TABLE checkpoints (
    exchange INTEGER NOT NULL REFERENCES exchanges (id),
    number INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (exchange, number)
) WITHOUT ROWID;

CREATE TABLE tool_calls (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions (id),
    call_id TEXT NOT NULL,
    name TEXT NOT NULL,
    arguments TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES messages (id),
    called_at INTEGER NOT NULL,
    result INTEGER REFERENCES messages (id),
    returned_at INTEGER,
    ok INTEGER
);
CREATE INDEX tool_calls_by_session ON tool_calls (session, call_id);
CREATE INDEX tool_calls_by_message ON tool_calls (message);

-- Entries of a session's log that were posted, and didn't come over the wire.
CREATE TABLE posted (
    id INTEGER PRIMARY KEY,
    uid BLOB NOT NULL UNIQUE,
    session INTEGER NOT NULL REFERENCES sessions (id),
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    source TEXT NOT NULL,
    text TEXT NOT NULL,
    name TEXT NOT NULL,
    rationale TEXT NOT NULL,
    arguments TEXT NOT NULL,
    result TEXT NOT NULL,
    ok INTEGER,
    confidence INTEGER
);
CREATE INDEX posted_by_session ON posted (session);

-- Exchanges that could be neither stored nor spooled.
CREATE TABLE gaps (
    at INTEGER NOT NULL,
    exchanges INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (at, exchanges, reason)
) WITHOUT ROWID;

-- How far the full-text index has come among the messages, and with the statistics among the exchanges.
CREATE TABLE indexed (one INTEGER PRIMARY KEY CHECK (one = 1), message INTEGER NOT NULL, exchange INTEGER NOT NULL);
INSERT INTO indexed VALUES (1, 0, 0);

-- Other rows that they haven't taken in yet: of source 2 what was posted, of source 1 exchanges that had not ended when
-- they came by. Of an exchange whose answer came late, they have taken in all but that.
CREATE TABLE waiting (
    source INTEGER NOT NULL,
    row INTEGER NOT NULL,
    late INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source, row)
) WITHOUT ROWID;

-- Exchanges that run: an index of them would have to be written twice for each.
CREATE VIEW running AS SELECT id FROM exchanges WHERE id > (SELECT exchange FROM indexed) AND ended_at IS NULL
UNION ALL SELECT e.id FROM waiting w JOIN exchanges e ON e.id = w.row WHERE w.source = 1 AND e.ended_at IS NULL;

-- Exchanges that have ended, and that the index and the statistics are to take in.
CREATE VIEW ended AS SELECT id, 0 AS late FROM exchanges WHERE id > (SELECT exchange FROM indexed) AND ended_at IS NOT NULL
UNION ALL SELECT e.id, w.late FROM waiting w JOIN exchanges e ON e.id = w.row WHERE w.source = 1 AND e.ended_at IS NOT NULL;

CREATE TRIGGER posted_waits AFTER INSERT ON posted BEGIN INSERT INTO waiting (source, row) VALUES (2, new.id); END;

-- What is to be found of an exchange, besides its messages: its error; of one that is no conversation what was said.
CREATE VIEW exchange_texts AS SELECT
    id,
    trim(replace(coalesce(error_type, '') || ' ' || coalesce(error_code, '') || ' ' || coalesce(error_message, ''), '  ', ' ')) AS failed,
    CASE WHEN dialect = 'completions' THEN nullif(asked, '') END AS asked,
    CASE WHEN dialect = 'completions' THEN (SELECT nullif(group_concat(value, char(10)), '') FROM json_each(said)) END AS said
FROM exchanges;

-- The same of what was posted: all of its texts, a line each.
CREATE VIEW posted_texts AS SELECT
    id,
    CASE WHEN name NOT IN ('', text) THEN name || char(10) ELSE '' END || text
        || coalesce(char(10) || nullif(rationale, ''), '') || coalesce(char(10) || nullif(arguments, ''), '')
        || coalesce(char(10) || nullif(result, ''), '') AS text
FROM posted;

-- What a search finds: one text each, that stays in the row where it came from. Later ones have greater numbers. A source
-- is 0 for messages; of an exchange 1 for its error, 3 for what was asked, 4 for what was said; 2 for what was posted.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    row INTEGER NOT NULL,
    type TEXT NOT NULL,
    role TEXT NOT NULL,
    owner INTEGER NOT NULL,
    model TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE UNIQUE INDEX documents_by_row ON documents (row, source);
CREATE INDEX documents_by_time ON documents (at);

CREATE VIEW findings AS SELECT
    d.id, d.source, d.row, d.type, d.role, d.owner, d.model, d.at,
    CASE d.source WHEN 0 THEN m.text WHEN 1 THEN e.failed WHEN 2 THEN p.text WHEN 3 THEN e.asked ELSE e.said END AS text
FROM documents d LEFT JOIN messages m ON d.source = 0 AND m.id = d.row
LEFT JOIN exchange_texts e ON d.source IN (1, 3, 4) AND e.id = d.row LEFT JOIN posted_texts p ON d.source = 2 AND p.id = d.row;

-- The words of the documents' texts, without case and accents, and marks for what a search may be narrowed to.
CREATE VIRTUAL TABLE words USING fts5 (text, marks, content = '', tokenize = 'ascii');

-- Each word once, and by every three letters in a row: which words hold a part. A word is in doubt once a document that
-- held it is gone.
CREATE TABLE terms (id INTEGER PRIMARY KEY, term TEXT NOT NULL UNIQUE, doubted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX terms_doubted ON terms (id) WHERE doubted = 1;
CREATE VIRTUAL TABLE grams USING fts5 (term, content = '', tokenize = 'trigram', detail = 'none', columnsize = 0);

-- What was asked and spent, by day and by who asked whom.
CREATE TABLE days (
    id INTEGER PRIMARY KEY,
    day TEXT NOT NULL,
    owner INTEGER NOT NULL REFERENCES owners (id),
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    app TEXT NOT NULL,
    requests INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0,
    prompt_tokens INTEGER NOT NULL DEFAULT 0,
    completion_tokens INTEGER NOT NULL DEFAULT 0,
    cached_tokens INTEGER NOT NULL DEFAULT 0,
    cost INTEGER NOT NULL DEFAULT 0,
    unpriced INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX days_by_name ON days (day, owner, provider, model, app);

-- How many of a day's exchanges took how long: steps of an eighth of an octave, to the end (0) or to the first byte (1).
CREATE TABLE spreads (
    day INTEGER NOT NULL REFERENCES days (id),
    measure INTEGER NOT NULL,
    step INTEGER NOT NULL,
    exchanges INTEGER NOT NULL,
    PRIMARY KEY (day, measure, step)
) WITHOUT ROWID;

-- What compaction saved and what broken caches lost, by day and by who was asked, in tokens. Of the tokens that were not
-- forwarded, or were and not cached, so many could have been cached.
CREATE TABLE balances (
    day TEXT NOT NULL,
    owner INTEGER NOT NULL REFERENCES owners (id),
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    compacted INTEGER NOT NULL,
    saved INTEGER NOT NULL,
    cacheable INTEGER NOT NULL,
    misses INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    PRIMARY KEY (day, owner, provider, model)
) WITHOUT ROWID;
