package parse

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/velostream/velo/planner/internal/diag"
)

// interval is months, days and microseconds, as PostgreSQL keeps them.
type interval struct {
	months, days int32
	micros       int64
}

// unitSize is one unit; exactly one of the three is set.
type unitSize struct{ months, days, micros int64 }

const (
	second = int64(1_000_000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// units are the words for lengths of time.
var units = func() map[string]unitSize {
	m := map[string]unitSize{}
	add := func(u unitSize, names ...string) {
		for _, n := range names {
			m[n] = u
		}
	}
	add(unitSize{micros: 1}, "us", "µs", "usec", "usecs", "microsecond", "microseconds")
	add(unitSize{micros: 1000}, "ms", "msec", "msecs", "millisecond", "milliseconds", "milli", "millis")
	add(unitSize{micros: second}, "s", "sec", "secs", "second", "seconds")
	add(unitSize{micros: minute}, "m", "min", "mins", "minute", "minutes")
	add(unitSize{micros: hour}, "h", "hr", "hrs", "hour", "hours")
	add(unitSize{days: 1}, "d", "day", "days")
	add(unitSize{days: 7}, "w", "week", "weeks")
	add(unitSize{months: 1}, "mon", "mons", "month", "months")
	add(unitSize{months: 3}, "quarter", "quarters")
	add(unitSize{months: 12}, "y", "yr", "yrs", "year", "years")
	add(unitSize{months: 120}, "dec", "decs", "decade", "decades")
	add(unitSize{months: 1200}, "c", "cent", "century", "centuries")
	add(unitSize{months: 12000}, "mil", "mils", "millennium", "millennia", "millenniums")
	return m
}()

// unitNames are the ones worth suggesting.
var unitNames = []string{"millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year",
	"milliseconds", "seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years"}

func unit(word string) (unitSize, bool) {
	u, ok := units[strings.ToLower(word)]
	return u, ok
}

func unitHint(word string) string {
	if n, ok := diag.Nearest(word, unitNames); ok {
		return `did you mean "` + n + `"?`
	}
	return "units: ms, s, m, h, d, w, or MILLISECOND … YEAR in full"
}

var errIntervalRange = errors.New("interval is out of range")

// sum adds up parts of an interval without losing digits.
type sum struct{ months, days, micros big.Rat }

// add adds number × u; number is digits with an optional sign and point.
func (s *sum) add(number string, u unitSize) error {
	if len(number) > 40 {
		return errIntervalRange
	}
	n, ok := new(big.Rat).SetString(number)
	if !ok {
		return fmt.Errorf("cannot read %q as a number", number)
	}
	part := func(to *big.Rat, size int64) {
		if size != 0 {
			to.Add(to, new(big.Rat).Mul(n, new(big.Rat).SetInt64(size)))
		}
	}
	if u.months >= 12 || u.months <= -12 { // fractions of a year are whole months, as in PostgreSQL
		f, _ := new(big.Rat).Mul(n, new(big.Rat).SetInt64(u.months)).Float64()
		if !(math.Abs(f) < 1<<32) {
			return errIntervalRange
		}
		s.months.Add(&s.months, new(big.Rat).SetInt64(int64(math.RoundToEven(f))))
	}
	if u.months > -12 && u.months < 12 {
		part(&s.months, u.months)
	}
	part(&s.days, u.days)
	part(&s.micros, u.micros)
	return nil
}

// interval carries fractions of months into days of 30 and fractions of days
// into time, as PostgreSQL does; below a microsecond it rounds. The time must fit
// in nanoseconds, as Arrow keeps it.
func (s *sum) interval() (interval, error) {
	months, rest := split(&s.months)
	s.days.Add(&s.days, rest.Mul(rest, new(big.Rat).SetInt64(30)))
	days, rest := split(&s.days)
	s.micros.Add(&s.micros, rest.Mul(rest, new(big.Rat).SetInt64(day)))
	micros, rest := split(&s.micros)
	half := new(big.Rat).SetFrac64(1, 2)
	if new(big.Rat).Abs(rest).Cmp(half) >= 0 {
		micros.Add(micros, big.NewInt(int64(rest.Sign())))
	}
	small := func(v *big.Int) bool {
		return v.IsInt64() && v.Int64() >= math.MinInt32 && v.Int64() <= math.MaxInt32
	}
	if !small(months) || !small(days) || !micros.IsInt64() || micros.CmpAbs(big.NewInt(math.MaxInt64/1000)) > 0 {
		return interval{}, errIntervalRange
	}
	return interval{int32(months.Int64()), int32(days.Int64()), micros.Int64()}, nil
}

// split cuts a number into its whole part, towards zero, and the rest.
func split(r *big.Rat) (*big.Int, *big.Rat) {
	whole := new(big.Int).Quo(r.Num(), r.Denom())
	return whole, new(big.Rat).Sub(r, new(big.Rat).SetInt(whole))
}

// intervalText reads the text of an interval: `1 hour 30 minutes`, `5m`,
// `1 day 02:03:04.5`, `02:03`, `1-2` (years-months), `P1DT2H`, with `ago`. A
// number without a unit takes defaultUnit, if there is one.
func intervalText(s, defaultUnit string) (interval, error) {
	text := strings.TrimSpace(s)
	if text == "" {
		return interval{}, errors.New("interval is empty")
	}
	if len(text) > 200 {
		return interval{}, errors.New("interval text is too long")
	}
	var total sum
	if strings.HasPrefix(strings.TrimLeft(text, "+-"), "P") {
		if err := isoInterval(&total, text); err != nil {
			return interval{}, err
		}
		return total.interval()
	}
	fields := intervalFields(text)
	sign := int64(1)
	if n := len(fields); n > 1 && strings.EqualFold(fields[n-1], "ago") {
		sign, fields = -1, fields[:n-1]
	}
	if fields[0] == "@" && len(fields) > 1 {
		fields = fields[1:]
	}
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		word := ""
		if i+1 < len(fields) && !startsNumber(fields[i+1]) {
			word = fields[i+1]
		}
		var err error
		switch {
		case !startsNumber(f):
			return interval{}, fmt.Errorf("cannot read %q in interval %q", f, s)
		case strings.Contains(f, ":"):
			err = addClock(&total, f, sign)
		case strings.Contains(strings.TrimLeft(f, "+-"), "-"):
			err = addYearMonth(&total, f, sign)
		case word != "":
			u, ok := unit(word)
			if !ok {
				return interval{}, unknownUnitError(word)
			}
			err = total.add(f, u.times(sign))
			i++
		case i+1 < len(fields) && (strings.Contains(fields[i+1], ":") || i == len(fields)-2 && strings.EqualFold(defaultUnit, "hour")):
			err = total.add(f, unitSize{days: sign}) // PostgreSQL's `1 02:03:04`, and `1 2` DAY TO HOUR
		case defaultUnit != "" && i == len(fields)-1:
			u, _ := unit(defaultUnit)
			err = total.add(f, u.times(sign))
		default:
			err = fmt.Errorf("number %s has no unit in interval %q", f, s)
		}
		if err != nil {
			return interval{}, err
		}
	}
	return total.interval()
}

func (u unitSize) times(n int64) unitSize { return unitSize{u.months * n, u.days * n, u.micros * n} }

// unknownUnitError is a word that is no unit.
type unknownUnitError string

func (e unknownUnitError) Error() string { return fmt.Sprintf("unknown unit %q", string(e)) }

func startsNumber(f string) bool {
	f = strings.TrimLeft(f, "+-")
	return f != "" && (isDigit(f[0]) || f[0] == '.')
}

// intervalFields cuts at blanks and between digits and letters.
func intervalFields(s string) []string {
	var out []string
	sign := ""
	for _, f := range strings.Fields(s) {
		if f == "-" || f == "+" { // PostgreSQL lets blanks stand behind a sign
			if sign != "" {
				out = append(out, sign)
			}
			sign = f
			continue
		}
		if sign != "" && (isDigit(f[0]) || f[0] == '.') {
			f = sign + f
		} else if sign != "" {
			out = append(out, sign)
		}
		sign = ""
		start := 0
		for i := 1; i < len(f); i++ {
			prevNum := isDigit(f[i-1]) || f[i-1] == '.'
			num := isDigit(f[i]) || f[i] == '.' || f[i] == ':' || f[i] == '-' || f[i] == '+'
			if prevNum && !num || !prevNum && isDigit(f[i]) && f[i-1] != ':' && f[i-1] != '-' && f[i-1] != '+' {
				out = append(out, f[start:i])
				start = i
			}
		}
		out = append(out, f[start:])
	}
	if sign != "" {
		out = append(out, sign)
	}
	return out
}

// addClock adds [-]hh:mm[:ss[.ffffff]], or [-]mm:ss.ffffff.
func addClock(total *sum, f string, sign int64) error {
	if f[0] == '-' {
		sign = -sign
	}
	parts := strings.Split(strings.TrimLeft(f, "+-"), ":")
	if len(parts) > 3 {
		return fmt.Errorf("cannot read %q as hours:minutes:seconds", f)
	}
	if len(parts) == 2 && strings.Contains(parts[1], ".") {
		parts = []string{"0", parts[0], parts[1]}
	}
	for i, size := range []int64{hour, minute, second}[:len(parts)] {
		whole, _, _ := strings.Cut(parts[i], ".")
		if !digitsOnly(parts[i], i == 2) || i > 0 && (len(whole) > 2 || len(whole) == 2 && whole[0] > '5' || whole == "") {
			return fmt.Errorf("cannot read %q as hours:minutes:seconds", f)
		}
		if err := total.add(parts[i], unitSize{micros: size * sign}); err != nil {
			return err
		}
	}
	return nil
}

// addYearMonth adds [-]years-months.
func addYearMonth(total *sum, f string, sign int64) error {
	if f[0] == '-' {
		sign = -sign
	}
	y, m, _ := strings.Cut(strings.TrimLeft(f, "+-"), "-")
	if !digitsOnly(y, false) || !digitsOnly(m, false) || len(m) > 2 || len(m) == 2 && m > "11" {
		return fmt.Errorf("cannot read %q as years-months", f)
	}
	if err := total.add(y, unitSize{months: 12 * sign}); err != nil {
		return err
	}
	return total.add(m, unitSize{months: sign})
}

func digitsOnly(s string, point bool) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) && !(point && s[i] == '.') {
			return false
		}
	}
	return s != ""
}

// isoInterval adds P1Y2M3W4DT5H6M7.5S.
func isoInterval(total *sum, text string) error {
	bad := fmt.Errorf("cannot read interval %q", text)
	sign := int64(1)
	if text[0] == '-' {
		sign = -1
	}
	rest := strings.TrimLeft(text, "+-")[1:]
	if len(text)-len(rest) > 2 || rest == "" || strings.HasSuffix(rest, "T") {
		return bad
	}
	date := map[byte]unitSize{'Y': {months: 12}, 'M': {months: 1}, 'W': {days: 7}, 'D': {days: 1}}
	clock := map[byte]unitSize{'H': {micros: hour}, 'M': {micros: minute}, 'S': {micros: second}}
	for rest != "" {
		if rest[0] == 'T' {
			date, rest = clock, rest[1:]
			continue
		}
		n := strings.IndexFunc(rest, func(r rune) bool { return r >= 'A' && r <= 'Z' })
		if n <= 0 || !startsNumber(rest[:n]) {
			return bad
		}
		u, ok := date[rest[n]]
		if !ok {
			return bad
		}
		if err := total.add(rest[:n], u.times(sign)); err != nil {
			return bad
		}
		rest = rest[n+1:]
	}
	return nil
}
