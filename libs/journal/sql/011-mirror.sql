-- Two servers that hold the same (docs/protocol.md § 11): what is here, as the other one is told it.
create table mirror_files (
  area        text    not null,
  name        text    not null,
  size        integer not null,              -- bytes
  modified_ms real    not null,              -- Unix milliseconds, as the disk says; of one that is not here: when that was noticed
  sha256      text    not null,              -- of a file that is not here: its last
  state       text    not null check (state in ('here', 'gone', 'left')),
  change      integer not null,              -- grows with each change of any row
  agreed      text,                          -- the bytes that both servers had last; null: never the same yet
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
  kept        text,                          -- bytes that lost against ours, and are kept as a version here
  primary key (area, name)
) strict, without rowid;
