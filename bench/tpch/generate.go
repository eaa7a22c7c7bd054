package tpch

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

func days(y int, m time.Month, d int) int32 {
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// The dates of orders, and the day on which some have been received.
var (
	firstOrder = days(1992, 1, 1)
	lastOrder  = days(1998, 8, 2)
	today      = days(1995, 6, 17)
)

// Generate makes the eight tables at a scale: 1 is 6 million line items.
func Generate(scale float64, seed uint64) []*Table {
	g := &generator{seed: seed, suppliers: size(10_000, scale), parts: size(200_000, scale), customers: size(150_000, scale)}
	orders, lines := g.orderTables(size(1_500_000, scale))
	return []*Table{g.region(), g.nation(), g.supplier(), g.part(), g.partsupp(), g.customer(), orders, lines}
}

func size(n int64, scale float64) int64 { return max(int64(float64(n)*scale), 4) }

type generator struct {
	seed                        uint64
	suppliers, parts, customers int64
}

// rand is the source of a table: tables do not depend on one another.
func (g *generator) rand(table uint64) *rand.Rand { return rand.New(rand.NewPCG(g.seed, table)) }

func (g *generator) region() *Table {
	w, r := newWriter("region", column{"r_regionkey", key}, column{"r_name", text}, column{"r_comment", text}), g.rand(1)
	for i, n := range regions {
		w.int(int64(i))
		w.text(n)
		w.text(comment(r, 4, 12))
		w.end()
	}
	return w.done()
}

func (g *generator) nation() *Table {
	w, r := newWriter("nation", column{"n_nationkey", key}, column{"n_name", text}, column{"n_regionkey", key}, column{"n_comment", text}), g.rand(2)
	for i, n := range nations {
		w.int(int64(i))
		w.text(n.name)
		w.int(n.region)
		w.text(comment(r, 4, 12))
		w.end()
	}
	return w.done()
}

func phone(r *rand.Rand, nation int64) string {
	return fmt.Sprintf("%d-%03d-%03d-%04d", nation+10, 100+r.IntN(900), 100+r.IntN(900), 1000+r.IntN(9000))
}

func (g *generator) supplier() *Table {
	w := newWriter("supplier", column{"s_suppkey", key}, column{"s_name", text}, column{"s_address", text}, column{"s_nationkey", key},
		column{"s_phone", text}, column{"s_acctbal", money}, column{"s_comment", text})
	r := g.rand(3)
	for i := range g.suppliers {
		nation := r.Int64N(25)
		w.int(i + 1)
		w.text(fmt.Sprintf("Supplier#%09d", i+1))
		w.text(address(r))
		w.int(nation)
		w.text(phone(r, nation))
		w.cents(r.Int64N(1_099_999) - 99_999)
		c := comment(r, 5, 13)
		switch r.IntN(1000) { // of 10,000 suppliers ten are recommended, ten not
		case 0:
			c = "Customer " + c + " Complaints"
		case 1:
			c = "Customer " + c + " Recommends"
		}
		w.text(c)
		w.end()
	}
	return w.done()
}

func (g *generator) part() *Table {
	w := newWriter("part", column{"p_partkey", key}, column{"p_name", text}, column{"p_mfgr", word}, column{"p_brand", word}, column{"p_type", word},
		column{"p_size", key}, column{"p_container", word}, column{"p_retailprice", money}, column{"p_comment", text})
	r := g.rand(4)
	for i := range g.parts {
		var name []string
		for range 5 {
			name = append(name, pick(r, colours))
		}
		maker := 1 + r.IntN(5)
		w.int(i + 1)
		w.text(strings.Join(name, " "))
		w.word(fmt.Sprintf("Manufacturer#%d", maker))
		w.word(fmt.Sprintf("Brand#%d%d", maker, 1+r.IntN(5)))
		w.word(pick(r, typeOne) + " " + pick(r, typeTwo) + " " + pick(r, typeThree))
		w.int(1 + r.Int64N(50))
		w.word(pick(r, boxOne) + " " + pick(r, boxTwo))
		w.cents(price(i + 1))
		w.text(comment(r, 1, 4))
		w.end()
	}
	return w.done()
}

// price is what a part costs, in cents.
func price(part int64) int64 { return 90_000 + part/10%20_001 + 100*(part%1000) }

// supplierOf is one of the four suppliers of a part.
func (g *generator) supplierOf(part, i int64) int64 {
	return (part+i*(g.suppliers/4+(part-1)/g.suppliers))%g.suppliers + 1
}

func (g *generator) partsupp() *Table {
	w := newWriter("partsupp", column{"ps_partkey", key}, column{"ps_suppkey", key}, column{"ps_availqty", key}, column{"ps_supplycost", money},
		column{"ps_comment", text})
	r := g.rand(5)
	for p := range g.parts {
		for i := range int64(4) {
			w.int(p + 1)
			w.int(g.supplierOf(p+1, i))
			w.int(1 + r.Int64N(9999))
			w.cents(100 + r.Int64N(99_901))
			w.text(comment(r, 8, 25))
			w.end()
		}
	}
	return w.done()
}

func (g *generator) customer() *Table {
	w := newWriter("customer", column{"c_custkey", key}, column{"c_name", text}, column{"c_address", text}, column{"c_nationkey", key},
		column{"c_phone", text}, column{"c_acctbal", money}, column{"c_mktsegment", word}, column{"c_comment", text})
	r := g.rand(6)
	for i := range g.customers {
		nation := r.Int64N(25)
		w.int(i + 1)
		w.text(fmt.Sprintf("Customer#%09d", i+1))
		w.text(address(r))
		w.int(nation)
		w.text(phone(r, nation))
		w.cents(r.Int64N(1_099_999) - 99_999)
		w.word(pick(r, segments))
		w.text(comment(r, 6, 16))
		w.end()
	}
	return w.done()
}

// orderTables makes orders and their line items.
func (g *generator) orderTables(n int64) (orders, lineitem *Table) {
	o := newWriter("orders", column{"o_orderkey", key}, column{"o_custkey", key}, column{"o_orderstatus", word}, column{"o_totalprice", money},
		column{"o_orderdate", day}, column{"o_orderpriority", word}, column{"o_clerk", text}, column{"o_shippriority", key}, column{"o_comment", text})
	l := newWriter("lineitem", column{"l_orderkey", key}, column{"l_partkey", key}, column{"l_suppkey", key}, column{"l_linenumber", key},
		column{"l_quantity", money}, column{"l_extendedprice", money}, column{"l_discount", money}, column{"l_tax", money},
		column{"l_returnflag", word}, column{"l_linestatus", word}, column{"l_shipdate", day}, column{"l_commitdate", day},
		column{"l_receiptdate", day}, column{"l_shipinstruct", word}, column{"l_shipmode", word}, column{"l_comment", text})
	r := g.rand(7)
	clerks := max(g.suppliers/10, 1)
	for i := range n {
		order := i/8*32 + i%8 + 1                 // keys are sparse
		customer := 1 + r.Int64N(g.customers)/3*3 // a third of the customers never orders
		if customer += r.Int64N(2); customer > g.customers {
			customer = 1
		}
		date := firstOrder + r.Int32N(lastOrder-firstOrder-151+1)
		var total int64
		open, lines := 0, 1+r.IntN(7)
		for k := range lines {
			part := 1 + r.Int64N(g.parts)
			quantity := 1 + r.Int64N(50)
			full := quantity * price(part)
			discount, tax := r.Int64N(11), r.Int64N(9)
			ship := date + 1 + r.Int32N(121)
			receipt := ship + 1 + r.Int32N(30)
			flag, status := "N", "F"
			if receipt <= today {
				flag = pick(r, []string{"R", "A"})
			}
			if ship > today {
				status = "O"
				open++
			}
			total += full * (100 - discount) * (100 + tax) / 10_000
			l.int(order)
			l.int(part)
			l.int(g.supplierOf(part, r.Int64N(4)))
			l.int(int64(k + 1))
			l.cents(quantity * 100)
			l.cents(full)
			l.cents(discount)
			l.cents(tax)
			l.word(flag)
			l.word(status)
			l.day(ship)
			l.day(date + 30 + r.Int32N(61))
			l.day(receipt)
			l.word(pick(r, instructs))
			l.word(modes[r.IntN(7)])
			l.text(comment(r, 2, 6))
			l.end()
		}
		o.int(order)
		o.int(customer)
		o.word(map[bool]string{true: "F", false: map[bool]string{true: "O", false: "P"}[open == lines]}[open == 0])
		o.cents(total)
		o.day(date)
		o.word(pick(r, priorities))
		o.text(fmt.Sprintf("Clerk#%09d", 1+r.Int64N(clerks)))
		o.int(0)
		o.text(comment(r, 4, 12))
		o.end()
	}
	return o.done(), l.done()
}
