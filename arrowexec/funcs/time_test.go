package funcs

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec/text"
)

func TestTimes(t *testing.T) {
	verifyAll(t, `
		NOW() => 2023-11-14T22:13:20.000Z
		CURRENT_DATE() => 2023-11-14
		CURRENT_TIME() => 22:13:20.000
		UNIX_TIMESTAMP() => 1700000000
		TIMESTAMP() => 2023-11-14T22:13:20.000Z
		UNIX_TIMESTAMP(TIMESTAMP '1969-12-31T23:59:59.500Z') => -1
		UNIX_TIMESTAMP(1500) => 1
		UNIX_TIMESTAMP(NULL) => NULL
		TO_UNIXTIME(DATE '1970-01-02') => 86400
		TO_UNIXTIME(TIMESTAMP6 '1970-01-01T00:00:00.000001Z') => 1e-06
		TO_UNIXTIME(9223372036854775807) => overflow: years
		EXTRACT('YEAR', DATE '2024-02-29') => 2024
		EXTRACT('years', NULL) => NULL
		DATE_PART('dow', DATE '2024-02-25') => 0
		DATE_PART('isodow', DATE '2024-02-25') => 7
		DATE_PART('doy', DATE '2024-12-31') => 366
		DATE_PART('week', DATE '2021-01-03') => 53
		DATE_PART('week', DATE '2024-12-30') => 1
		DATE_PART('isoyear', DATE '2021-01-03') => 2020
		DATE_PART('century', DATE '2000-12-31') => 20
		DATE_PART('millennium', DATE '2001-01-01') => 3
		DATE_PART('decade', DATE '1999-01-01') => 199
		DATE_PART('quarter', DATE '2024-12-01') => 4
		DATE_PART('epoch', TIMESTAMP '1970-01-01T00:00:01.250Z') => 1.25
		DATE_PART('second', TIMESTAMP '1969-12-31T23:59:59.250Z') => 59.250000
		DATE_PART('millisecond', TIMESTAMP '1969-12-31T23:59:59.250Z') => 59250
		DATE_PART('microseconds', TIMESTAMP6 '1970-01-01T00:00:01.000002Z') => 1000002
		DATE_PART('hour', TIMESTAMP '1969-12-31T23:59:59Z') => 23
		DATE_PART('hour', TIME '12:34:56') => 12
		DATE_PART('day', TIME '12:34:56') => statement: TIME has no such unit
		DATE_PART('hour', INTERVAL '1 day 30 hours') => 30
		DATE_PART('epoch', INTERVAL '1 year 1 day') => 31644000
		DATE_PART('dow', INTERVAL '1 year') => statement: no such unit
		DATE_PART('hour', 3600000) => 1
		DATE_PART('fortnight', DATE '2024-01-01') => statement: unknown time unit
		DATE_PART('hour', 'x') => statement
		YEAR(1700000000000) => 2023
		MONTH(NULL) => NULL
		DATE_TRUNC('month', DATE '2024-02-29') => 2024-02-01
		DATE_TRUNC('week', DATE '2024-03-03') => 2024-02-26
		DATE_TRUNC('quarter', TIMESTAMP '2024-06-15T10:00:00Z') => 2024-04-01T00:00:00.000Z
		DATE_TRUNC('century', DATE '2000-05-05') => 1901-01-01
		DATE_TRUNC('decade', DATE '0005-05-05') => 0001-01-01
		DATE_TRUNC('second', TIMESTAMP6 '1969-12-31T23:59:59.000001Z') => 1969-12-31T23:59:59.000000Z
		DATE_TRUNC('hour', 3661000) => 3600000
		DATE_TRUNC('hour', TIME '12:34:56') => 12:00:00.000
		DATE_TRUNC('hour', INTERVAL '-1 mon 40 days -12:34:56') => -1 mons +40 days -12:00:00
		DATE_TRUNC('quarter', INTERVAL '-11 mons 5 days') => -9 mons
		DATE_TRUNC('week', INTERVAL '9 days') => statement: no whole number
		DATE_TRUNC('dow', INTERVAL '9 days') => statement: no length
		DATE_TRUNC('dow', DATE '2024-01-01') => statement: no length
		DATE_TRUNC('day', TIMESTAMP '2024-07-01T23:00:00Z', 'Europe/Berlin') => 2024-07-01T22:00:00.000Z
		DATE_TRUNC('day', TIMESTAMP '2024-03-31T12:00:00Z', 'Europe/Berlin') => 2024-03-30T23:00:00.000Z
		DATE_TRUNC('hour', TIMESTAMP '2024-10-27T00:30:00Z', 'Europe/Berlin') => 2024-10-27T00:00:00.000Z
		DATE_TRUNC('day', TIMESTAMP '2024-07-01T00:00:00Z', '+05:30') => 2024-06-30T18:30:00.000Z
		DATE_TRUNC('day', DATE '2024-07-01', 'Nowhere/City') => statement: unknown time zone
		TIME_BUCKET(INTERVAL '5 minutes', TIMESTAMP '1969-12-31T23:59:00Z') => 1969-12-31T23:55:00.000Z
		TIME_BUCKET(INTERVAL '3 months', DATE '2024-05-15') => 2024-04-01
		TIME_BUCKET(INTERVAL '1 week', DATE '1970-01-08') => 1970-01-08
		TIME_BUCKET(INTERVAL '1 second', 1500) => 1000
		TIME_BUCKET(INTERVAL '0 seconds', 1500) => statement: positive
		TIME_BUCKET(INTERVAL '1 month 1 day', 1500) => statement: not both
		AT_TIME_ZONE(TIMESTAMP '2024-01-01T12:00:00Z', 'America/New_York') => 2024-01-01T07:00:00.000Z
		AT_TIME_ZONE(TIMESTAMP '2024-01-01T12:00:00Z', '-03:30') => 2024-01-01T08:30:00.000Z
		AT_TIME_ZONE(DATE '2024-01-01', 'utc') => 2024-01-01T00:00:00.000Z
		AT_TIME_ZONE(0, '+01:00') => 1970-01-01T01:00:00.000Z
		DATE_ADD(DATE '2024-01-31', INTERVAL '1 month') => 2024-02-29
		DATE_ADD(TIMESTAMP '2024-03-31T10:00:00Z', INTERVAL '-1 month') => 2024-02-29T10:00:00.000Z
		DATE_ADD(DATE '2024-01-01', INTERVAL '36 hours') => 2024-01-02
		DATE_SUB(DATE '2024-01-02', INTERVAL '1 hour') => 2024-01-01
		DATE_ADD(TIME '23:30:00', INTERVAL '1 hour') => 00:30:00.000
		DATE_SUB(TIME '00:30:00', INTERVAL '1 hour') => 23:30:00.000
		DATE_ADD(1000, INTERVAL '1 second') => 2000
		DATE_ADD(DATE '9999-12-31', INTERVAL '1 day') => overflow: years
		DATE_SUB(DATE '0001-01-01', INTERVAL '1 month') => overflow: years
		DATE_ADD('months', 13, DATE '2023-01-31') => 2024-02-29
		DATE_ADD('week', -1, TIMESTAMP '2024-01-08T00:00:00Z') => 2024-01-01T00:00:00.000Z
		DATE_ADD('hour', 9223372036854775807, DATE '2024-01-01') => overflow: years
		DATE_ADD('hour', 49, TIME '00:00:00') => 01:00:00.000
		DATE_ADD('day', 1, TIME '00:00:00') => statement: TIME has no unit
		DATE_SUB('quarter', 1, DATE '2024-05-31') => 2024-02-29
		DATEDIFF('day', TIMESTAMP '2024-01-01T23:59:00Z', TIMESTAMP '2024-01-02T00:01:00Z') => 1
		DATEDIFF('hour', TIMESTAMP '2024-01-01T01:59:00Z', TIMESTAMP '2024-01-01T00:01:00Z') => -1
		DATEDIFF('week', DATE '2024-03-03', DATE '2024-03-04') => 1
		DATEDIFF('years', DATE '2023-12-31', DATE '2024-01-01') => 1
		DATEDIFF('century', DATE '2000-12-31', DATE '2001-01-01') => 1
		DATEDIFF('millisecond', 0, TIMESTAMP '1970-01-01T00:00:01Z') => 1000
		DATEDIFF('minute', TIME '10:00:59', TIME '10:02:00') => 2
		DATEDIFF('month', DATE '2024-01-31', TIMESTAMP '2024-02-01T00:00:00Z') => 1
	`)
}

func TestTimeText(t *testing.T) {
	verifyAll(t, `
		STRFTIME(TIMESTAMP '2024-02-09T05:06:07.089Z', '%Y%m%d %H%M%S %f %j %a %A %b %B') => 20240209 050607 089000 040 Fri Friday Feb February
		STRFTIME(TIMESTAMP '2024-02-09T15:06:07Z', '%e|%k|%I|%l|%p|%y|%C|%F|%T|%R|%D|%z|%:z|%Z|%s|%%|%-d') => · 9|15|03| 3|PM|24|20|2024-02-09|15:06:07|15:06|02/09/24|+0000|+00:00|UTC|1707491167|%|9·
		STRFTIME(DATE '2021-01-03', '%G-W%V-%u %U %W %w') => 2020-W53-7 01 00 0
		STRFTIME(0, '%Y') => 1970
		STRFTIME(TIME '12:34:56.5', '%H:%M:%S%.3f') => 12:34:56.500
		STRFTIME(DATE '2024-01-01', '%Q') => statement: no conversion
		STRFTIME(DATE '2024-01-01', '%') => statement: middle of a conversion
		STRFTIME(NULL, '%Y') => NULL
		TO_TIMESTAMP('2024-02-29T12:34:56.789+02:00') => 2024-02-29T10:34:56.789Z
		TO_TIMESTAMP('2024-02-29') => 2024-02-29T00:00:00.000Z
		TO_TIMESTAMP('yesterday') => cast: ISO 8601
		TO_TIMESTAMP('2024-02-30', '%Y-%m-%d') => cast: format
		TO_TIMESTAMP('2024-02-29 1', '%Y-%m-%d') => cast: format
		TO_TIMESTAMP('29.02.2024 11:05:06.5 PM +0100', '%d.%m.%Y %I:%M:%S.%f %p %z') => 2024-02-29T22:05:06.500Z
		TO_TIMESTAMP('2024-060', '%Y-%j') => 2024-02-29T00:00:00.000Z
		TO_TIMESTAMP('2023-366', '%Y-%j') => cast: format
		TO_TIMESTAMP('2020-W53-7', '%G-W%V-%u') => 2021-01-03T00:00:00.000Z
		TO_TIMESTAMP('-1', '%s') => 1969-12-31T23:59:59.000Z
		TO_TIMESTAMP(1.5) => 1970-01-01T00:00:01.500Z
		TO_TIMESTAMP(1700000000) => 2023-11-14T22:13:20.000Z
		TO_TIMESTAMP(DOUBLE '-0.001') => 1969-12-31T23:59:59.999Z
		TO_TIMESTAMP(DOUBLE 'NaN') => overflow: years
		TO_TIMESTAMP(99999999999999) => overflow: years
		TO_DATE('2024-02-29T23:00:00Z') => 2024-02-29
		TO_DATE('05.03.99', '%d.%m.%y') => 1999-03-05
		TO_DATE('x') => cast: no DATE
		FROM_UNIXTIME(0) => 1970-01-01T00:00:00.000Z
		FROM_UNIXTIME(-0.5) => 1969-12-31T23:59:59.500Z
		FROM_UNIXTIME(1.0009) => 1970-01-01T00:00:01.000Z
	`)
}

// A gap moves forward and an overlap takes the later instant.
func TestZoneInstant(t *testing.T) {
	z, err := readZone("Europe/Berlin")
	require.NoError(t, err)
	for local, want := range map[string]string{
		"2024-03-31T02:30:00Z": "2024-03-31T01:30:00Z", // 03:30 summer time
		"2024-10-27T02:30:00Z": "2024-10-27T01:30:00Z",
		"2024-07-01T12:00:00Z": "2024-07-01T10:00:00Z",
		"2024-01-01T12:00:00Z": "2024-01-01T11:00:00Z",
		"2024-03-31T01:59:59Z": "2024-03-31T00:59:59Z",
		"2024-03-31T03:00:00Z": "2024-03-31T01:00:00Z",
	} {
		us, ok := text.ParseTimestamp([]byte(local))
		require.True(t, ok)
		w, _ := text.ParseTimestamp([]byte(want))
		require.Equal(t, w, z.instant(us), local)
	}
}
