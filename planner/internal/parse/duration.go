package parse

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// fixed is the length of an interval without months.
func fixed(iv interval) (time.Duration, error) {
	if iv.months != 0 {
		return 0, errors.New("months and years have no fixed length; write days")
	}
	micros := int64(iv.days)*day + iv.micros
	if iv.micros > 0 && micros < int64(iv.days)*day || micros > math.MaxInt64/1000 {
		return 0, errors.New("duration is longer than 292 years")
	}
	if micros < 0 {
		return 0, errors.New("duration must not be negative")
	}
	return time.Duration(micros) * time.Microsecond, nil
}

// isDuration reports whether a duration stands next: 5s, 5 s, INTERVAL ….
func (p *parser) isDuration() bool {
	t := p.cur()
	switch {
	case t.kind == tGlued:
		return true
	case t.kind == tInt || t.kind == tDecimal:
		return p.peek(1).kind == tWord && !p.peek(1).is("PRECEDING") && !p.peek(1).is("FOLLOWING")
	}
	return p.isInterval()
}

// isInterval reports whether INTERVAL stands here as a literal and not as a
// name.
func (p *parser) isInterval() bool {
	t := p.peek(1)
	return p.is("INTERVAL") && (t.kind == tString || t.isNumber() || t.kind == tGlued ||
		t.op("-") && (p.peek(2).isNumber() || p.peek(2).kind == tGlued))
}

// duration reads a length of time in any spelling.
func (p *parser) duration(what string) *ast.Duration {
	t := p.cur()
	var iv interval
	switch {
	case t.kind == tInt && !p.isDuration():
		p.failf(diag.Syntax, t.pos, "write a unit: "+t.text+"s, "+t.text+" ms, or INTERVAL '"+t.text+"' SECOND", "%s has no unit", what)
		return nil
	case t.kind == tString:
		p.failf(diag.Syntax, t.pos, "write INTERVAL '"+t.text+"', or 5m", "expected %s as a duration, found a string", what)
		return nil
	case !p.isDuration():
		if t.op("-") {
			p.failf(diag.Value, t.pos, "", "%s must not be negative", what)
		} else {
			p.unexpected(what + " as a duration such as 5m")
		}
		return nil
	case p.isInterval():
		iv = p.intervalLit("")
	default:
		iv = p.unitNumber(false)
	}
	if p.failed {
		return nil
	}
	v, err := fixed(iv)
	if err != nil {
		p.failf(diag.Value, t.pos, "", "%s: %s", what, err)
		return nil
	}
	return &ast.Duration{Place: ast.At(t.pos), Value: v}
}

// positive is duration above zero.
func (p *parser) positive(what string) *ast.Duration {
	d := p.duration(what)
	if d != nil && d.Value == 0 {
		p.failf(diag.Value, d.Position, "", "%s must be more than 0", what)
		return nil
	}
	return d
}

// unitNumber reads 5s or 5 SECONDS.
func (p *parser) unitNumber(negative bool) interval {
	t := p.next()
	word, at := t.unit, t.pos
	if t.kind != tGlued {
		word, at = p.cur().text, p.cur().pos
		if p.cur().kind != tWord {
			p.unexpected("a unit such as MINUTE")
			return interval{}
		}
		p.i++
	}
	u, ok := unit(word)
	if !ok {
		p.failf(diag.Literal, at, unitHint(word), "unknown unit %q", word)
		return interval{}
	}
	number := strings.ReplaceAll(t.text, "_", "")
	if negative {
		number = "-" + number
	}
	return p.intervalOf(t.pos, func() (interval, error) {
		var s sum
		if !digitsOnly(number[strings.Count(number, "-"):], true) {
			return interval{}, fmt.Errorf("cannot read %q as a number of units", t.text)
		}
		if err := s.add(number, u); err != nil {
			return interval{}, err
		}
		return s.interval()
	})
}

func (p *parser) intervalOf(at diag.Pos, read func() (interval, error)) interval {
	iv, err := read()
	if err != nil {
		d := diag.Errorf(diag.Literal, p.name, at, "%s", err)
		var unknown unknownUnitError
		if errors.As(err, &unknown) {
			d.Hint = unitHint(string(unknown))
		}
		p.fail(d)
	}
	return iv
}

// intervalLit reads INTERVAL '5' MINUTE, INTERVAL 5 MINUTE, INTERVAL '…', in which
// a last number without a unit is of the unit bare, if there is one.
func (p *parser) intervalLit(bare string) interval {
	p.i++ // INTERVAL
	t := p.cur()
	if t.kind != tString {
		negative := p.acceptOp("-")
		return p.unitNumber(negative)
	}
	p.i++
	u := p.cur()
	_, known := unit(u.upper)
	if known && u.kind == tWord {
		p.i++
		if p.is("TO") {
			return p.intervalRange(t, u)
		}
		return p.intervalOf(t.pos, func() (interval, error) { return intervalText(t.text, u.upper) })
	}
	number := digitsOnly(strings.TrimLeft(strings.TrimSpace(t.text), "+-"), true)
	if number && u.kind == tWord && !IsReserved(u.upper) && !u.is("END") && !u.is("ASC") && !u.is("DESC") {
		p.failf(diag.Literal, u.pos, unitHint(u.text), "unknown unit %q", u.text)
		return interval{}
	}
	return p.intervalOf(t.pos, func() (interval, error) { return intervalText(t.text, bare) })
}

// intervalRange reads the rest of INTERVAL '1-2' YEAR TO MONTH.
func (p *parser) intervalRange(t, from *token) interval {
	p.i++
	to := p.cur()
	order := map[string]int{"YEAR": 1, "MONTH": 2, "DAY": 3, "HOUR": 4, "MINUTE": 5, "SECOND": 6}
	a, b := order[from.upper], order[to.upper]
	if to.kind != tWord || a == 0 || b <= a || (a < 3) != (b < 3) {
		p.unexpected("a unit smaller than " + from.upper)
		return interval{}
	}
	p.i++
	text := t.text
	if from.upper == "MINUTE" && strings.Count(text, ":") == 1 { // PostgreSQL reads minutes:seconds here
		at := strings.LastIndexAny(text[:strings.Index(text, ":")], " +-") + 1
		text = text[:at] + "00:" + text[at:]
	}
	return p.intervalOf(t.pos, func() (interval, error) { return intervalText(text, to.upper) })
}
