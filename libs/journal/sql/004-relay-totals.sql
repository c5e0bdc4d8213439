-- A stored record whose bytes are no longer those that came: it is not delivered, and taken again when it is offered again.
alter table received add column damaged_at integer; -- Unix milliseconds

-- The collector lacks it, and it could be had.
drop index received_undelivered;
create index received_undelivered on received (kind, id) where delivered_at is null and damaged_at is null;
-- Which question: since when does the collector wait for a branch?
create index received_waiting on received (branch, kind, id) where delivered_at is null and kind <> 'backup';

-- What of each branch and kind is here, kept by the triggers below: with a million rows nobody could count at each look.
create table received_totals (
  branch           text    not null,
  kind             text    not null,
  files            integer not null,          -- on the disk
  bytes            integer not null,          -- of these
  undelivered      integer not null,          -- records that the collector has not got, damaged ones included
  delivered        integer not null,          -- ever
  damaged          integer not null,
  conflicts        integer not null,          -- ever: other bytes under a name that was there
  last_received_at integer not null,          -- Unix milliseconds, purged ones included
  primary key (branch, kind)
) strict, without rowid;

create trigger received_inserted after insert on received begin
  insert into received_totals values (
    new.branch, new.kind, new.purged_at is null, iif(new.purged_at is null, new.size, 0),
    new.delivered_at is null and new.kind <> 'backup', new.delivered_at is not null, new.damaged_at is not null,
    new.stored_as <> new.name and new.kind <> 'backup', new.received_at)
  on conflict do update set
    files = files + excluded.files, bytes = bytes + excluded.bytes, undelivered = undelivered + excluded.undelivered,
    delivered = delivered + excluded.delivered, damaged = damaged + excluded.damaged,
    conflicts = conflicts + excluded.conflicts,
    last_received_at = max(last_received_at, excluded.last_received_at);
end;

create trigger received_updated after update on received begin
  update received_totals set
    files = files + (new.purged_at is null) - (old.purged_at is null),
    bytes = bytes + iif(new.purged_at is null, new.size, 0) - iif(old.purged_at is null, old.size, 0),
    undelivered = undelivered
      + (new.delivered_at is null and new.kind <> 'backup') - (old.delivered_at is null and old.kind <> 'backup'),
    delivered = delivered + (new.delivered_at is not null) - (old.delivered_at is not null),
    damaged = damaged + (new.damaged_at is not null) - (old.damaged_at is not null),
    conflicts = conflicts + (new.stored_as <> new.name and new.kind <> 'backup')
      - (old.stored_as <> old.name and old.kind <> 'backup'),
    last_received_at = max(last_received_at, new.received_at)
  where branch = new.branch and kind = new.kind;
end;

insert into received_totals
select branch, kind, sum(purged_at is null), sum(iif(purged_at is null, size, 0)),
  sum(delivered_at is null and kind <> 'backup'), sum(delivered_at is not null), 0,
  sum(stored_as <> name and kind <> 'backup'), max(received_at)
from received group by branch, kind;
