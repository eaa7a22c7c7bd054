-- @app: flights
-- @description: the week of the blizzard of February 2013, as a stream

-- The topic. In a replay --from flights=FILE takes its place; the time keys hold in both.
CREATE STREAM flights WITH (
  'flights.type' = 'kafka_source',
  'flights.topic' = 'flights',
  'event.time.field' = 'sched_dep',
  'event.time.format' = 'iso8601',
  'watermark.strategy' = 'bounded_out_of_orderness',
  'watermark.max_out_of_orderness' = '48h'
);

-- 1. Filter and projection: headers and the partition are columns like others.
CREATE STREAM diverted AS
SELECT flight, origin, dest, HEADER('carrier') AS carrier, _partition AS partition, _offset AS position
FROM flights
WHERE HEADER('status') = 'diverted'
WITH ('diverted.type' = 'kafka_sink', 'diverted.topic' = 'diverted');

-- 2. GROUP BY: for each cancellation the airport's new count.
CREATE STREAM cancellations AS
SELECT origin, COUNT(*) AS cancelled
FROM flights
WHERE status = 'cancelled'
GROUP BY origin
EMIT CHANGES
WITH ('cancellations.type' = 'kafka_sink', 'cancellations.topic' = 'cancellations');

-- 3. Tumbling windows over event time: six hours in which an airport cancelled 50 flights or more.
CREATE STREAM blizzard AS
SELECT origin, _window_start AS window_start, COUNT(*) AS flights, COUNT(*) FILTER (WHERE status = 'cancelled') AS cancelled,
       AVG(dep_delay) AS mean_delay
FROM flights
GROUP BY origin
WINDOW TUMBLING(6h)
HAVING cancelled >= 50
WITH ('blizzard.type' = 'kafka_sink', 'blizzard.topic' = 'blizzard');
