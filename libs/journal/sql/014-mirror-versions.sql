-- Which change each file comes from, at both servers of a pair, instead of the bytes that both had last (docs/adr/021-mirror.md).
-- Both catalogues begin anew: what is here is noted by the next look at the folders.
delete from facts where key in ('mirror book id', 'mirror peer book id', 'mirror peer read up to');
drop table mirror_files;
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

drop table mirror_peer;
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
  primary key (area, name)
) strict, without rowid;
