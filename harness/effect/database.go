package effect

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"github.com/flowweir/weir/contracts/probe"
)

// drivers are those of package database/sql by the scheme of an address.
var drivers = map[string]string{"postgres": "pgx", "postgresql": "pgx"}

// CheckAddress says what is wrong with the address of a database, without the
// address: it may hold a password.
func CheckAddress(address string) error {
	scheme, _, found := strings.Cut(address, "://")
	switch {
	case !found:
		return errors.New("the address of a database is a URL, such as postgres://user@host:5432/name")
	case drivers[scheme] == "":
		return fmt.Errorf("there is no driver for databases of %q: there is one for postgres", scheme)
	}
	if _, err := url.Parse(address); err != nil {
		return errors.New("the address of the database is no URL: special characters in a password are escaped, as in p%40ss")
	}
	return nil
}

// Password says whether an address holds a password.
func Password(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return strings.Contains(address, "@") // nobody knows
	}
	password, _ := u.User.Password()
	return password != "" || u.Query().Get("password") != ""
}

// OpenDatabase opens a database by its address, whose scheme chooses the
// driver. It connects with the first question.
func OpenDatabase(address string) (*sql.DB, error) {
	if err := CheckAddress(address); err != nil {
		return nil, err
	}
	scheme, _, _ := strings.Cut(address, "://")
	db, err := sql.Open(drivers[scheme], address)
	if err != nil {
		return nil, errors.New("the address of the database is not understood")
	}
	db.SetMaxOpenConns(inFlight)
	db.SetMaxIdleConns(inFlight)
	return db, nil
}

// InDatabase is the source that a query of a database is. A query by id has
// its parameter as $1, which PostgreSQL takes; the numbers of several rows add
// up. The database is not closed with the source.
func InDatabase(db *sql.DB, q probe.Query) *Source {
	s := &Source{what: "effect in its database", question: q.String(), end: func() {}}
	if q.ByID() {
		text := q.Bound("$1")
		count := func(ctx context.Context, tx *sql.Tx, id string) (c Count, err error) {
			err = rows(ctx, tx, text, []any{id}, 1, func(r *sql.Rows) error {
				var n sql.NullInt64
				err := r.Scan(&n)
				return c.add(n.Int64, err)
			})
			return c, err
		}
		s.one = func(ctx context.Context, id string) (c Count, err error) {
			err = reading(ctx, db, func(tx *sql.Tx) error {
				c, err = count(ctx, tx, id)
				return err
			})
			return c, err
		}
		s.some = func(ctx context.Context, ids []string, found func(string, Count)) (n int) {
			// What is wrong with the one that fails is said when it is asked about by
			// itself.
			_ = reading(ctx, db, func(tx *sql.Tx) error {
				for _, id := range ids {
					limit, cancel := context.WithTimeoutCause(ctx, answerTimeout, errSlow)
					c, err := count(limit, tx, id)
					cancel()
					if err != nil {
						return err
					}
					found(id, c)
					n++
				}
				return nil
			})
			return n
		}
		return s
	}
	s.all = func(ctx context.Context, found func(id string, n int)) error {
		return reading(ctx, db, func(tx *sql.Tx) error {
			return rows(ctx, tx, q.String(), nil, 2, func(r *sql.Rows) error {
				var id sql.NullString
				var n int64
				var c Count
				err := r.Scan(&id, &n)
				if err = c.add(n, err); err == nil && id.Valid {
					found(id.String, c.N)
				}
				return err
			})
		})
	}
	return s
}

// add adds a number that was read, if it is one of effects.
func (c *Count) add(n int64, err error) error {
	if err == nil && (n < 0 || n > maxCount) {
		err = fmt.Errorf("%d", n)
	}
	c.N += int(n)
	return err
}

// reading asks in a transaction that may only read.
func reading(ctx context.Context, db *sql.DB, ask func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return answered(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	return ask(tx)
}

// rows asks, and hands over each row.
func rows(ctx context.Context, tx *sql.Tx, text string, args []any, columns int, row func(*sql.Rows) error) error {
	r, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return answered(ctx, err)
	}
	defer func() { _ = r.Close() }()
	names, err := r.Columns()
	if err != nil {
		return answered(ctx, err)
	}
	if len(names) != columns {
		return refuse("the query answers %d columns (%s): %s", len(names), strings.Join(names, ", "),
			map[int]string{1: "with {id} it answers one, the number", 2: "without {id} it answers two, the event's id and the number"}[columns])
	}
	for r.Next() {
		if err := row(r); err != nil {
			if ctx.Err() != nil {
				break
			}
			return refuse("an answer of the query is no number of effects: %w", err)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return answered(ctx, r.Err())
}

// answered tells errors of the query itself from those of asking it. Its own
// are those of SQL's classes 22 (data), 25 (it writes) and 42 (syntax, names,
// rights).
func answered(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && len(state.SQLState()) == 5 && slices.Contains([]string{"22", "25", "42"}, state.SQLState()[:2]) {
		return refusal{err}
	}
	return fmt.Errorf("the database does not answer: %w", oneLine(err))
}

// oneLine is an error on one line: drivers list what they tried.
func oneLine(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
