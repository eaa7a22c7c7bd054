package ast

import "strconv"

func (w *writer) body(b Body) {
	switch x := b.(type) {
	case *Create:
		w.create(x)
	case *Insert:
		w.s("INSERT INTO ")
		w.ident(x.Target)
		w.s(" ")
		if x.HasColumns {
			w.idents(x.Columns)
			w.s(" ")
		}
		w.query(x.Query)
	case *Drop:
		w.s("DROP ", x.Relation.String(), " ")
		if x.IfExists {
			w.s("IF EXISTS ")
		}
		w.ident(x.Name)
	case *Explain:
		w.s("EXPLAIN ")
		if x.Analyze {
			w.s("ANALYZE ")
		}
		w.node(x.Body)
	case *Describe:
		w.s("DESCRIBE ")
		if x.URI != nil {
			w.s(Quote(x.URI.Value))
		} else {
			w.ident(x.Name)
		}
	case *Show:
		w.s("SHOW ", string(x.Kind))
		if x.Name != nil {
			w.s(" ")
			w.ident(*x.Name)
		}
		if x.Like != nil {
			w.s(" LIKE ", Quote(x.Like.Value))
		}
	case *Bad:
		w.s("<error>")
	default:
		w.job(b)
	}
}

func (w *writer) create(x *Create) {
	w.s("CREATE ", x.Relation.String(), " ")
	if x.IfNotExists {
		w.s("IF NOT EXISTS ")
	}
	if x.OrReplace {
		w.s("OR REPLACE ")
	}
	w.ident(x.Name)
	if x.HasColumns {
		w.s(" (")
		w.list(len(x.Columns), func(i int) { w.column(x.Columns[i]) })
		if len(x.PrimaryKey) > 0 {
			if len(x.Columns) > 0 {
				w.s(", ")
			}
			w.s("PRIMARY KEY ")
			w.idents(x.PrimaryKey)
		}
		w.s(")")
	}
	w.sourceWith(x.With)
	if x.Query != nil {
		w.s(" AS ")
		w.query(x.Query)
	}
}

func (w *writer) job(b Body) {
	verb := func(word string, name Ident) {
		w.s(word, " JOB ")
		w.ident(name)
	}
	switch x := b.(type) {
	case *StartJob:
		verb("START", x.Name)
		w.s(" AS ")
		w.node(x.Body)
	case *StopJob:
		verb("STOP", x.Name)
		if x.Force {
			w.s(" FORCE")
		}
	case *PauseJob:
		verb("PAUSE", x.Name)
	case *ResumeJob:
		verb("RESUME", x.Name)
	case *DeployJob:
		verb("DEPLOY", x.Name)
		w.s(" VERSION ", Quote(x.Version.Value), " AS ")
		w.node(x.Body)
		if x.Strategy != StrategyDefault {
			w.s(" STRATEGY ", string(x.Strategy))
		}
		if x.Strategy == StrategyCanary {
			w.s("(", strconv.FormatFloat(x.Percent, 'f', -1, 64), ")")
		}
	case *RollbackJob:
		verb("ROLLBACK", x.Name)
		if x.Version != nil {
			w.s(" VERSION ", Quote(x.Version.Value))
		}
	}
}
