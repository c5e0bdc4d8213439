-- Two servers that hold the same (docs/protocol.md § 11): what is here, as the other one is told it.
create table mirror_files (
  area        text    not null,
  name        text    not null,
  size        integer not null,              -- bytes
  modified_ms real    not null,              -- Unix milliseconds, as the disk says; of a file that is gone: when that was noticed
  sha256      text    not null,              -- of a file that is gone: its last
  gone        integer not null check (gone in (0, 1)),
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
  gone        integer not null check (gone in (0, 1)),
  primary key (area, name)
) strict, without rowid;
