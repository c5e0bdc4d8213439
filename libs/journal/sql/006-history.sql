-- What has been over time: one row for each series, bucket and label that was not nothing. Old buckets go.
create table history (
  series text    not null,
  step   integer not null,                   -- seconds: 300, 3600 or 86400
  at     integer not null,                   -- start of the bucket, Unix seconds
  label  text    not null,                   -- what of the series: 'tftp done', 'J179 4.1.3.0.6'
  count  integer not null,                   -- observations in it; 0 where things are only counted
  total  integer not null,                   -- their sum, what was counted, or how it was at the end
  peak   integer not null,                   -- the largest observation
  primary key (series, step, at, label)
) strict, without rowid;

-- How much of a counter that outlives the process is in the history already.
create table history_read (
  counter text    not null primary key,
  value   integer not null
) strict, without rowid;

-- Files that went between branch, hub and collector: ever, whatever was purged since.
create table relay_counts (
  kind  text    not null check (kind in ('backup', 'cdr', 'bcms')),
  way   text    not null check (way in ('sent', 'received', 'delivered')),
  files integer not null,
  bytes integer not null,
  primary key (kind, way)
) strict, without rowid;

create trigger received_counted after insert on received begin
  insert into relay_counts values (new.kind, 'received', 1, new.size)
  on conflict do update set files = files + 1, bytes = bytes + excluded.bytes;
end;

create trigger delivered_counted after update of delivered_at on received
when old.delivered_at is null and new.delivered_at is not null begin
  insert into relay_counts values (new.kind, 'delivered', 1, new.size)
  on conflict do update set files = files + 1, bytes = bytes + excluded.bytes;
end;

create trigger acknowledged_counted after insert on acknowledged begin
  insert into relay_counts values (new.kind, 'sent', 1,
    coalesce((select size from outgoing where kind = new.kind and name = new.name), 0))
  on conflict do update set files = files + 1, bytes = bytes + excluded.bytes;
end;

-- The same name with other bytes: a backup that was saved anew.
create trigger acknowledged_again_counted after update of sha256 on acknowledged
when old.sha256 <> new.sha256 begin
  insert into relay_counts values (new.kind, 'sent', 1,
    coalesce((select size from outgoing where kind = new.kind and name = new.name), 0))
  on conflict do update set files = files + 1, bytes = bytes + excluded.bytes;
end;
