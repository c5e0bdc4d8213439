-- Two servers that hold the same (docs/protocol.md § 11): what is here, as the other one is told it.
create table mirror_files (
  area        text    not null,
  name        text    not null,
  size        integer not null,              -- bytes
  modified_ms real    not null,              -- Unix milliseconds, as the disk says; of one that is not here: when that was noticed
  sha256      text    not null,              -- of a file that is not here: its last
  state       text    not null check (state in ('here', 'gone', 'left')),
  change      integer not null,              -- grows with each change of any row
  mine        integer not null,              -- the last change of this server that made it what it is; 0: none
  theirs      integer not null,              -- the same of the other server
  primary key (area, name)
) strict, without rowid;
create unique index mirror_files_by_change on mirror_files (change);

-- What the other one has, as it said last.
create table mirror_peer (
  area        text    not null,
  name        text    not null,
  size        integer not null,
  modified_ms integer not null,
  sha256      text    not null,
  state       text    not null check (state in ('here', 'gone')),
  mine        integer not null,              -- of the changes of this server
  theirs      integer not null,
  kept        text,                          -- bytes that lost against ours, and are kept as a version here
  open        integer not null default 1,    -- 1: something may follow from it here
  primary key (area, name)
) strict, without rowid;
-- Which question: what is to be decided?
create index mirror_peer_open on mirror_peer (area, name) where open = 1;
