package parse

import (
	"fmt"
	"testing"
	"time"

	"github.com/velostream/velo/planner/internal/ast"
)

func TestLiterals(t *testing.T) {
	for in, want := range map[string]string{
		"1": "int 1 1", "0": "int 0 0", "1_000": "int 1_000 1000", "0xFF": "int 0xFF 255", "0x1_0": "int 0x1_0 16", "007": "int 007 7",
		"-5": "int -5 -5", "- 5": "int -5 -5", "-0xF": "int -0xF -15",
		"9223372036854775807": "int 9223372036854775807 9223372036854775807", "-9223372036854775808": "int -9223372036854775808 -9223372036854775808",
		"9223372036854775808": "decimal 9223372036854775808 (19,0)", "-9223372036854775809": "decimal -9223372036854775809 (19,0)",
		"0xFFFFFFFFFFFFFFFF": "decimal 18446744073709551615 (20,0)",
		"1.50":               "decimal 1.50 (3,2)", ".5": "decimal 0.5 (1,1)", "0.05": "decimal 0.05 (2,2)", "2.": "decimal 2 (1,0)", "-1_0.2_5": "decimal -10.25 (4,2)",
		"00.0": "decimal 0.0 (1,1)", "12345678901234567890123456789012345678": "decimal 12345678901234567890123456789012345678 (38,0)",
		"1e3": "double 1e3 1000", "1.5E-2": "double 1.5E-2 0.015", ".5e1": "double .5e1 5", "-1e3": "double -1e3 -1000", "0e999": "double 0e999 0",
		"1.e2":    "double 1.e2 100",
		"'it''s'": "string it's", "''": "string ", `E'a\n\t\\\'\x41\101\u00e9\U0001F600\q'`: "string a\n\t\\'AAé😀q",
		`'a\n'`: `string a\n`, "'a\nb'": "string a\nb",
		"X'4142'": "bytes AB", "x''": "bytes ",
		"TRUE": "bool true", "false": "bool false", "null": "null",
		"DATE '2024-01-01'": "typed 10 2024-01-01", "time '12:00'": "typed 11 12:00", "TIMESTAMP 'x'": "typed 12 x",
		"INTERVAL '5' MINUTE": "interval 0 0 300000000", "INTERVAL 5 MINUTES": "interval 0 0 300000000", "INTERVAL -5 s": "interval 0 0 -5000000",
		"INTERVAL 5m": "interval 0 0 300000000", "INTERVAL '-5' DAY": "interval 0 -5 0", "INTERVAL '1.5' DAYS": "interval 0 1 43200000000",
		"INTERVAL '1 hour 30 minutes'": "interval 0 0 5400000000", "INTERVAL '1 year 2 mons -3 days'": "interval 14 -3 0",
		"INTERVAL '1-2' YEAR TO MONTH": "interval 14 0 0", "INTERVAL '1 02:03:04.5' DAY TO SECOND": "interval 0 1 7384500000",
		"INTERVAL '02:03' HOUR TO MINUTE": "interval 0 0 7380000000", "INTERVAL '02:03' MINUTE TO SECOND": "interval 0 0 123000000",
		"INTERVAL 'P1Y2M3W4DT5H6M7.5S'": "interval 14 25 18367500000", "INTERVAL '-P1DT-1H'": "interval 0 -1 3600000000",
		"INTERVAL '1 day ago'": "interval 0 -1 0", "INTERVAL '@ 1 week'": "interval 0 7 0", "INTERVAL '0.5 months'": "interval 0 15 0",
		"INTERVAL '1 quarter'": "interval 3 0 0", "INTERVAL '-00:00:01'": "interval 0 0 -1000000", "INTERVAL '1h30m'": "interval 0 0 5400000000",
		"INTERVAL '0.0000005 s'": "interval 0 0 1", "INTERVAL '-1-2'": "interval -14 0 0",
	} {
		e, diags := Expr("query", in)
		if len(diags) > 0 {
			t.Errorf("%s: %v", in, diags)
			continue
		}
		var got string
		switch x := e.(type) {
		case *ast.IntLit:
			got = fmt.Sprintf("int %s %d", x.Text, x.Value)
		case *ast.DecimalLit:
			got = fmt.Sprintf("decimal %s (%d,%d)", x.Text, x.Precision, x.Scale)
		case *ast.DoubleLit:
			got = fmt.Sprintf("double %s %v", x.Text, x.Value)
		case *ast.StringLit:
			got = "string " + x.Value
		case *ast.BytesLit:
			got = "bytes " + string(x.Value)
		case *ast.BoolLit:
			got = fmt.Sprintf("bool %v", x.Value)
		case *ast.NullLit:
			got = "null"
		case *ast.TypedLit:
			got = fmt.Sprintf("typed %d %s", x.Type.Kind, x.Text)
		case *ast.IntervalLit:
			got = fmt.Sprintf("interval %d %d %d", x.Months, x.Days, x.Micros)
		default:
			got = fmt.Sprintf("%T", e)
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
		roundTrip(t, in, one(t, "SELECT "+in))
	}
}

func TestDuration(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"5s": 5 * time.Second, " 5 s ": 5 * time.Second, "250ms": 250 * time.Millisecond, "1m": time.Minute, "2h": 2 * time.Hour,
		"1d": 24 * time.Hour, "1w": 7 * 24 * time.Hour, "1h30m": 90 * time.Minute, "1 hour 30 minutes": 90 * time.Minute,
		"INTERVAL '5' MINUTE": 5 * time.Minute, "interval 5 minutes": 5 * time.Minute, "00:05:00": 5 * time.Minute, "PT5M": 5 * time.Minute,
		"0s": 0, "1.5s": 1500 * time.Millisecond, "10us": 10 * time.Microsecond, "1 day -1 hour": 23 * time.Hour,
	} {
		if got, err := durationOf(in); err != nil || got != want {
			t.Errorf("%q: %v %v", in, got, err)
		}
	}
	for _, in := range []string{"", "5", "s", "5 x", "-5s", "1 month", "1y", "5s 3", "INTERVAL", "INTERVAL '5'", "INTERVAL '5' MINUTE x",
		"999999999999999999999h", "293 years", "107000 days", "1:2:3:4", "1:60", "--5s", "P", "PT", "PX", "P1", "P1H", "5s s", "1..5s",
		"99999999999999999999999999999999999999999999s", "1-12", "1-2-3"} {
		if got, err := durationOf(in); err == nil {
			t.Errorf("%q: %v and no error", in, got)
		}
	}
}

func TestParts(t *testing.T) {
	cols, key, diags := Columns("columns", "a INT, b STRING NOT NULL, `c d` ARRAY<INT> PRIMARY KEY, PRIMARY KEY (a, b)")
	if len(diags) > 0 || len(cols) != 3 || !cols[1].NotNull || !cols[2].PrimaryKey || cols[2].Name.Name != "c d" || len(key) != 2 {
		t.Errorf("%v %v %v", cols, key, diags)
	}
	for text, at := range map[string]string{"": "1:1", "a": "1:2", "a INT,": "1:7", "a INT b INT": "1:7", "a INT; b INT": "1:6", "a INT, a INT": "1:8", "a INX": "1:3"} {
		if _, _, diags := Columns("columns", text); len(diags) != 1 || diags[0].Pos.String() != at {
			t.Errorf("%q: %v", text, diags)
		}
	}
	tn, diags := typeNameOf("type", "map<string, decimal(5)>")
	if len(diags) > 0 || tn.Kind != ast.TypeMap || tn.Elem.Precision != 5 || tn.Key.Kind != ast.TypeString {
		t.Errorf("%v %v", tn, diags)
	}
	if _, diags := typeNameOf("type", "INT x"); len(diags) != 1 || diags[0].Pos.Col != 5 {
		t.Errorf("%v", diags)
	}
	if _, diags := Expr("expr", "a +"); len(diags) != 1 || diags[0].Pos.Col != 4 {
		t.Errorf("%v", diags)
	}
	if _, diags := Expr("expr", ""); len(diags) != 1 || diags[0].Pos.String() != "1:1" {
		t.Errorf("%v", diags)
	}
}
