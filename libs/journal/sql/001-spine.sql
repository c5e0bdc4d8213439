-- Small facts about this server that must survive a restart: its own hub id, the path to the root hub.
create table facts (
  key   text not null primary key,
  value text not null
) strict, without rowid;

-- What lies in this server's own Updates folder, so that a start does not hash unchanged files again.
create table updates (
  name         text    not null primary key, -- file name inside Updates
  size         integer not null,             -- bytes
  modified_ms  integer not null,             -- of the file when it was hashed, Unix milliseconds
  sha256       text    not null,
  published_at integer not null,             -- Unix milliseconds; carried on unchanged down a chain of hubs
  origin       text    not null check (origin in ('local', 'upstream'))
) strict, without rowid;

-- One attempt to bring one update to the telephones' trees.
create table publications (
  id           integer primary key,
  name         text    not null,             -- as in updates
  sha256       text    not null,
  state        text    not null check (state in ('staging', 'staged', 'published', 'refused', 'undone')),
  code         text,                         -- error code of a refusal
  reason       text,                         -- the same in words
  created_at   integer not null,             -- Unix milliseconds
  finished_at  integer                       -- Unix milliseconds
) strict;

-- Which question: has this update been dealt with already, and how did it end?
create index publications_by_name on publications (name, id);
-- Which question: what did a crash leave open?
create index publications_open on publications (state) where state in ('staging', 'staged');

-- The intent journal: which staged file becomes which file of which tree, in this order.
create table publication_files (
  publication integer not null references publications (id) on delete cascade,
  ordinal     integer not null,              -- switching order: payload first, upgrade and settings files last
  tree        text    not null check (tree in ('TFTP', 'FTP', 'HTTP', 'HTTPS')),
  name        text    not null,              -- inside the tree, with /
  size        integer not null,              -- bytes
  sha256      text    not null,
  primary key (publication, ordinal)
) strict, without rowid;

-- Sync runs, newest kept, for "what happened last night".
create table runs (
  id         text    not null primary key,
  what       text    not null,               -- updates, backup, cdr, bcms or all
  state      text    not null check (state in ('running', 'done', 'partly-done', 'failed')),
  started_at integer not null,               -- Unix milliseconds
  ended_at   integer,                        -- Unix milliseconds
  code       text,
  message    text
) strict, without rowid;

-- Branches of this hub.
create table branches (
  name        text    not null primary key,
  joined_at   integer not null,              -- Unix milliseconds
  revoked_at  integer,                       -- Unix milliseconds
  last_seen   integer,                       -- Unix milliseconds, any request
  last_report text,                          -- JSON of the last check-in
  reported_at integer                        -- Unix milliseconds, by the hub's clock
) strict, without rowid;

-- Certificates this hub has issued; a request is let in by its fingerprint, never by its name alone.
create table certificates (
  fingerprint text    not null primary key,  -- SHA-256 of the DER, lower-case hex
  branch      text    not null references branches (name),
  issued_at   integer not null,              -- Unix milliseconds
  not_after   integer not null               -- Unix milliseconds
) strict, without rowid;

create index certificates_by_branch on certificates (branch);

-- Invitations: the token itself is never stored.
create table invitations (
  token_hash text    not null primary key,   -- SHA-256, lower-case hex
  branch     text    not null,
  created_at integer not null,               -- Unix milliseconds
  expires_at integer not null,               -- Unix milliseconds
  used_at    integer                         -- Unix milliseconds; single use
) strict, without rowid;
