-- Undoing a publication is a publication too: it goes through the same intent journal.
alter table publications add column undoes integer;                        -- id of the publication that it undoes
alter table publications add column rolled_back integer not null default 0; -- 1: the trees hold what was there before these bytes

-- At a hub: the first signed release that has these bytes under this name; null until it is signed.
alter table updates add column release integer;

-- What lay in Updates before, newest last: what a hub can publish again.
create table update_versions (
  id           integer primary key,
  name         text    not null,             -- as in updates
  sha256       text    not null,
  size         integer not null,             -- bytes
  published_at integer not null,             -- Unix milliseconds
  ended_at     integer not null              -- Unix milliseconds: replaced or withdrawn
) strict;

-- Which question: what was published under this name before?
create index update_versions_by_name on update_versions (name, id);

-- Uploaded and looked at, not published.
create table update_drafts (
  id         text    not null primary key,   -- its folder in Updates/.branchline/drafts
  name       text    not null,               -- under which it would be published
  size       integer not null,               -- bytes
  sha256     text    not null,
  created_at integer not null,               -- Unix milliseconds
  by         text    not null                -- who uploaded it, for people
) strict, without rowid;
