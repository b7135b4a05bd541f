// Owns exercising a server with etcd's own Go client: what programs do with it beyond single requests. Prints a line per
// check and a closing line; the exit code tells whether all passed. Argument: the endpoint.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.etcd.io/etcd/client/v3/mirror"
	"go.etcd.io/etcd/client/v3/namespace"
	"go.etcd.io/etcd/client/v3/ordering"
	"go.uber.org/zap"
)

const checkTimeout = 30 * time.Second

type check struct {
	name string
	body func(ctx context.Context, cli *clientv3.Client) error
}

var checks = []check{
	{"put and get", putAndGet},
	{"get with every option", getOptions},
	{"delete", deleteKeys},
	{"transaction", transaction},
	{"nested transaction", nestedTransaction},
	{"errors are the client's constants", errorConstants},
	{"many requests at once", concurrentPuts},
	{"values near the limit", largeValues},
	{"watch from the past", watchPast},
	{"watch live with filters and previous values", watchFilters},
	{"watch in fragments", watchFragments},
	{"many watchers on one stream", manyWatchers},
	{"watch and compaction", watchCompacted},
	{"watch progress", watchProgress},
	{"lease", lease},
	{"lease kept alive", leaseKeepAlive},
	{"mutex", mutex},
	{"election", election},
	{"software transactional memory", stm},
	{"snapshot", snapshot},
	{"maintenance", maintenance},
	{"members", members},
	{"namespace, ordering and mirror", wrappers},
}

func main() {
	cli, err := clientv3.New(clientv3.Config{
		Endpoints:   []string{os.Args[1]},
		DialTimeout: 5 * time.Second,
		Logger:      zap.NewNop(),
	})
	if err != nil {
		fmt.Println("FAIL  connecting:", err)
		os.Exit(1)
	}
	passed, failed := 0, 0
	for _, c := range checks {
		ctx, cancel := context.WithTimeout(context.Background(), checkTimeout)
		begin := time.Now()
		if err := c.body(ctx, cli); err != nil {
			failed++
			fmt.Printf("FAIL  %s: %v\n", c.name, err)
		} else {
			passed++
			fmt.Printf("ok    %s  (%d ms)\n", c.name, time.Since(begin).Milliseconds())
		}
		cancel()
	}
	cli.Close()
	fmt.Printf("Go client: %d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

func expect(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func putAndGet(ctx context.Context, cli *clientv3.Client) error {
	first, err := cli.Put(ctx, "pg/a", "1")
	if err != nil {
		return err
	}
	second, err := cli.Put(ctx, "pg/a", "2", clientv3.WithPrevKV())
	if err != nil {
		return err
	}
	if second.Header.Revision != first.Header.Revision+1 || string(second.PrevKv.Value) != "1" {
		return fmt.Errorf("second put: %v", second)
	}
	got, err := cli.Get(ctx, "pg/a", clientv3.WithSerializable())
	if err != nil {
		return err
	}
	kv := got.Kvs[0]
	return expect(string(kv.Value) == "2" && kv.Version == 2 && kv.CreateRevision == first.Header.Revision &&
		kv.ModRevision == second.Header.Revision && got.Count == 1 && !got.More, "get: %v", got)
}

func getOptions(ctx context.Context, cli *clientv3.Client) error {
	for i := 0; i < 20; i++ {
		if _, err := cli.Put(ctx, fmt.Sprintf("go/%02d", i), strconv.Itoa(20-i)); err != nil {
			return err
		}
	}
	keys := func(options ...clientv3.OpOption) (string, error) {
		got, err := cli.Get(ctx, "go/", append(options, clientv3.WithPrefix())...)
		if err != nil {
			return "", err
		}
		names := make([]string, 0, len(got.Kvs))
		for _, kv := range got.Kvs {
			names = append(names, strings.TrimPrefix(string(kv.Key), "go/"))
		}
		return fmt.Sprintf("%s count %d more %v", strings.Join(names, " "), got.Count, got.More), nil
	}
	at, err := cli.Get(ctx, "go/05")
	if err != nil {
		return err
	}
	revision := at.Kvs[0].ModRevision
	for _, c := range []struct {
		want    string
		options []clientv3.OpOption
	}{
		{"00 01 02 count 20 more true", []clientv3.OpOption{clientv3.WithLimit(3)}},
		{"19 18 count 20 more true", []clientv3.OpOption{
			clientv3.WithLimit(2), clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend)}},
		{"19 10 count 20 more true", []clientv3.OpOption{
			clientv3.WithLimit(2), clientv3.WithSort(clientv3.SortByValue, clientv3.SortAscend)}},
		{" count 20 more false", []clientv3.OpOption{clientv3.WithCountOnly()}},
		{"00 01 02 03 04 05 count 6 more false", []clientv3.OpOption{clientv3.WithRev(revision)}},
		{"18 19 count 20 more false", []clientv3.OpOption{clientv3.WithMinModRev(revision + 13)}},
		{"00 01 count 20 more false", []clientv3.OpOption{clientv3.WithMaxCreateRev(revision - 4)}},
		{"19 count 20 more true", clientv3.WithLastKey()},
	} {
		found, err := keys(c.options...)
		if err != nil {
			return err
		}
		if found != c.want {
			return fmt.Errorf("expected %q, found %q", c.want, found)
		}
	}
	return nil
}

func deleteKeys(ctx context.Context, cli *clientv3.Client) error {
	for _, key := range []string{"del/a", "del/b", "del/c"} {
		if _, err := cli.Put(ctx, key, key); err != nil {
			return err
		}
	}
	gone, err := cli.Delete(ctx, "del/", clientv3.WithPrefix(), clientv3.WithPrevKV())
	if err != nil {
		return err
	}
	again, err := cli.Delete(ctx, "del/", clientv3.WithPrefix())
	if err != nil {
		return err
	}
	return expect(gone.Deleted == 3 && len(gone.PrevKvs) == 3 && again.Deleted == 0 &&
		again.Header.Revision == gone.Header.Revision, "%v then %v", gone, again)
}

func transaction(ctx context.Context, cli *clientv3.Client) error {
	if _, err := cli.Put(ctx, "txn/a", "1"); err != nil {
		return err
	}
	swap := func() (*clientv3.TxnResponse, error) {
		return cli.Txn(ctx).
			If(clientv3.Compare(clientv3.Value("txn/a"), "=", "1"), clientv3.Compare(clientv3.Version("txn/b"), "=", 0)).
			Then(clientv3.OpPut("txn/b", "yes"), clientv3.OpGet("txn/", clientv3.WithPrefix()), clientv3.OpDelete("txn/a")).
			Else(clientv3.OpGet("txn/b")).
			Commit()
	}
	won, err := swap()
	if err != nil {
		return err
	}
	lost, err := swap()
	if err != nil {
		return err
	}
	return expect(won.Succeeded && len(won.Responses) == 3 && won.Responses[1].GetResponseRange().Count == 2 &&
		won.Responses[2].GetResponseDeleteRange().Deleted == 1 && !lost.Succeeded &&
		string(lost.Responses[0].GetResponseRange().Kvs[0].Value) == "yes", "%v then %v", won, lost)
}

func nestedTransaction(ctx context.Context, cli *clientv3.Client) error {
	inner := clientv3.OpTxn(
		[]clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision("nest/x"), ">", 0)},
		[]clientv3.Op{clientv3.OpPut("nest/y", "no")},
		[]clientv3.Op{clientv3.OpPut("nest/y", "yes"), clientv3.OpGet("nest/y")})
	response, err := cli.Txn(ctx).Then(inner, clientv3.OpPut("nest/z", "1")).Commit()
	if err != nil {
		return err
	}
	nested := response.Responses[0].GetResponseTxn()
	return expect(!nested.Succeeded && string(nested.Responses[1].GetResponseRange().Kvs[0].Value) == "yes",
		"%v", response)
}

func errorConstants(ctx context.Context, cli *clientv3.Client) error {
	put, err := cli.Put(ctx, "err/a", "1")
	if err != nil {
		return err
	}
	now := put.Header.Revision
	var many []clientv3.Op
	for i := 0; i < 129; i++ {
		many = append(many, clientv3.OpPut(fmt.Sprintf("err/%d", i), ""))
	}
	second := func(_ any, err error) error { return err }
	for _, c := range []struct {
		want  error
		found error
	}{
		{rpctypes.ErrEmptyKey, second(cli.Put(ctx, "", "1"))},
		{rpctypes.ErrKeyNotFound, second(cli.Put(ctx, "err/none", "", clientv3.WithIgnoreValue()))},
		{rpctypes.ErrLeaseNotFound, second(cli.Put(ctx, "err/a", "1", clientv3.WithLease(4711)))},
		{rpctypes.ErrFutureRev, second(cli.Get(ctx, "err/a", clientv3.WithRev(now+100)))},
		{rpctypes.ErrFutureRev, second(cli.Compact(ctx, now+100))},
		{rpctypes.ErrTooManyOps, second(cli.Txn(ctx).Then(many...).Commit())},
		{rpctypes.ErrDuplicateKey, second(cli.Txn(ctx).Then(clientv3.OpPut("err/a", ""), clientv3.OpPut("err/a", "")).Commit())},
		{rpctypes.ErrLeaseNotFound, second(cli.Revoke(ctx, 4711))},
		{rpctypes.ErrLeaseNotFound, second(cli.KeepAliveOnce(ctx, 4711))},
		{rpctypes.ErrMemberNotFound, second(cli.MemberRemove(ctx, 4711))},
		{rpctypes.ErrRequestTooLarge, second(cli.Put(ctx, "err/a", strings.Repeat("v", 1600*1024)))},
	} {
		if !errors.Is(c.found, c.want) {
			return fmt.Errorf("expected %q, found %v", c.want, c.found)
		}
	}
	return nil
}

func concurrentPuts(ctx context.Context, cli *clientv3.Client) error {
	const workers, each = 100, 50
	var mutex sync.Mutex
	revisions := make(map[int64]bool)
	err := parallel(workers, func(worker int) error {
		for i := 0; i < each; i++ {
			put, err := cli.Put(ctx, fmt.Sprintf("many/%d/%d", worker, i), "value")
			if err != nil {
				return err
			}
			mutex.Lock()
			revisions[put.Header.Revision] = true
			mutex.Unlock()
		}
		return nil
	})
	if err != nil {
		return err
	}
	got, err := cli.Get(ctx, "many/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return err
	}
	return expect(len(revisions) == workers*each && got.Count == workers*each,
		"%d revisions, %d keys", len(revisions), got.Count)
}

// parallel runs body with 0 to count-1 at once and returns one of the errors.
func parallel(count int, body func(int) error) error {
	results := make(chan error, count)
	for i := 0; i < count; i++ {
		go func(i int) { results <- body(i) }(i)
	}
	var failure error
	for i := 0; i < count; i++ {
		if err := <-results; err != nil {
			failure = err
		}
	}
	return failure
}

func largeValues(ctx context.Context, cli *clientv3.Client) error {
	value := strings.Repeat("large ", 220*1024)
	if err := parallel(4, func(i int) error {
		_, err := cli.Put(ctx, fmt.Sprintf("large/%d", i), value)
		return err
	}); err != nil {
		return err
	}
	got, err := cli.Get(ctx, "large/", clientv3.WithPrefix())
	if err != nil {
		return err
	}
	for _, kv := range got.Kvs {
		if string(kv.Value) != value {
			return fmt.Errorf("%s came back with %d bytes", kv.Key, len(kv.Value))
		}
	}
	_, err = cli.Delete(ctx, "large/", clientv3.WithPrefix())
	return expect(err == nil && len(got.Kvs) == 4, "%d values, %v", len(got.Kvs), err)
}

// collect takes count events, or what came before the watcher failed.
func collect(ctx context.Context, watcher clientv3.WatchChan, count int) ([]*clientv3.Event, error) {
	var events []*clientv3.Event
	for len(events) < count {
		select {
		case response, open := <-watcher:
			if !open {
				return events, errors.New("the watcher ended")
			}
			if err := response.Err(); err != nil {
				return events, err
			}
			events = append(events, response.Events...)
		case <-ctx.Done():
			return events, fmt.Errorf("%d of %d events came in time", len(events), count)
		}
	}
	return events, nil
}

func watchPast(ctx context.Context, cli *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var first int64
	for i := 0; i < 1000; i++ {
		put, err := cli.Put(ctx, fmt.Sprintf("wp/%d", i%7), strconv.Itoa(i))
		if err != nil {
			return err
		}
		if i == 0 {
			first = put.Header.Revision
		}
	}
	watcher := cli.Watch(ctx, "wp/", clientv3.WithPrefix(), clientv3.WithRev(first))
	for i := 1000; i < 1100; i++ {
		if _, err := cli.Put(ctx, fmt.Sprintf("wp/%d", i%7), strconv.Itoa(i)); err != nil {
			return err
		}
	}
	events, err := collect(ctx, watcher, 1100)
	if err != nil {
		return err
	}
	for i, event := range events {
		if string(event.Kv.Value) != strconv.Itoa(i) || event.Kv.ModRevision != first+int64(i) {
			return fmt.Errorf("event %d is %v", i, event)
		}
	}
	return nil
}

func watchFilters(ctx context.Context, cli *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	puts := cli.Watch(ctx, "wf/", clientv3.WithPrefix(), clientv3.WithFilterDelete())
	deletes := cli.Watch(ctx, "wf/", clientv3.WithPrefix(), clientv3.WithFilterPut(), clientv3.WithPrevKV())
	created := cli.Watch(ctx, "wf/", clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	if notice := <-created; !notice.Created {
		return fmt.Errorf("no notice of creation but %v", notice)
	}
	for i := 0; i < 10; i++ {
		if _, err := cli.Put(ctx, "wf/k", strconv.Itoa(i)); err != nil {
			return err
		}
		if _, err := cli.Delete(ctx, "wf/k"); err != nil {
			return err
		}
	}
	put, err := collect(ctx, puts, 10)
	if err != nil {
		return err
	}
	deleted, err := collect(ctx, deletes, 10)
	if err != nil {
		return err
	}
	for i := 0; i < 10; i++ {
		if put[i].Type != mvccpb.PUT || deleted[i].Type != mvccpb.DELETE || !bytes.Equal(deleted[i].PrevKv.Value, put[i].Kv.Value) {
			return fmt.Errorf("%d: %v and %v", i, put[i], deleted[i])
		}
	}
	return nil
}

func watchFragments(ctx context.Context, cli *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	value := strings.Repeat("f", 300*1024)
	var first int64
	for i := 0; i < 12; i++ {
		put, err := cli.Put(ctx, "frag/"+strconv.Itoa(i), value)
		if err != nil {
			return err
		}
		if i == 0 {
			first = put.Header.Revision
		}
	}
	watcher := cli.Watch(ctx, "frag/", clientv3.WithPrefix(), clientv3.WithRev(first), clientv3.WithFragment())
	events, err := collect(ctx, watcher, 12)
	if err != nil {
		return err
	}
	_, err = cli.Delete(ctx, "frag/", clientv3.WithPrefix())
	return expect(err == nil && len(events) == 12, "%d events, %v", len(events), err)
}

func manyWatchers(ctx context.Context, cli *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const count = 200
	watchers := make([]clientv3.WatchChan, count)
	for i := range watchers {
		watchers[i] = cli.Watch(ctx, fmt.Sprintf("mw/%03d", i), clientv3.WithCreatedNotify())
	}
	for _, watcher := range watchers {
		<-watcher
	}
	for i := 0; i < count; i++ {
		if _, err := cli.Put(ctx, fmt.Sprintf("mw/%03d", i), strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return parallel(count, func(i int) error {
		events, err := collect(ctx, watchers[i], 1)
		if err != nil {
			return err
		}
		return expect(string(events[0].Kv.Value) == strconv.Itoa(i), "watcher %d: %v", i, events[0])
	})
}

func watchCompacted(ctx context.Context, cli *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first, err := cli.Put(ctx, "wc/a", "1")
	if err != nil {
		return err
	}
	last, err := cli.Put(ctx, "wc/a", "2")
	if err != nil {
		return err
	}
	if _, err := cli.Compact(ctx, last.Header.Revision, clientv3.WithCompactPhysical()); err != nil {
		return err
	}
	response := <-cli.Watch(ctx, "wc/a", clientv3.WithRev(first.Header.Revision))
	if response.Err() != rpctypes.ErrCompacted || response.CompactRevision != last.Header.Revision {
		return fmt.Errorf("watch: %v, %v", response.Err(), response.CompactRevision)
	}
	_, err = cli.Get(ctx, "wc/a", clientv3.WithRev(first.Header.Revision))
	return expect(err == rpctypes.ErrCompacted, "get: %v", err)
}

func watchProgress(ctx context.Context, cli *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watcher := cli.Watch(ctx, "nobody writes this", clientv3.WithCreatedNotify())
	<-watcher
	put, err := cli.Put(ctx, "wpr/a", "1")
	if err != nil {
		return err
	}
	if err := cli.RequestProgress(ctx); err != nil {
		return err
	}
	response := <-watcher
	return expect(response.IsProgressNotify() && response.Header.Revision >= put.Header.Revision, "%v", response)
}

func lease(ctx context.Context, cli *clientv3.Client) error {
	granted, err := cli.Grant(ctx, 100)
	if err != nil {
		return err
	}
	for _, key := range []string{"lease/b", "lease/a"} {
		if _, err := cli.Put(ctx, key, "1", clientv3.WithLease(granted.ID)); err != nil {
			return err
		}
	}
	look, err := cli.TimeToLive(ctx, granted.ID, clientv3.WithAttachedKeys())
	if err != nil {
		return err
	}
	sort.Slice(look.Keys, func(i, j int) bool { return string(look.Keys[i]) < string(look.Keys[j]) })
	if look.GrantedTTL != 100 || look.TTL < 95 || look.TTL > 100 || string(bytes.Join(look.Keys, []byte(" "))) != "lease/a lease/b" {
		return fmt.Errorf("%v", look)
	}
	if _, err := cli.Revoke(ctx, granted.ID); err != nil {
		return err
	}
	got, err := cli.Get(ctx, "lease/", clientv3.WithPrefix())
	if err != nil {
		return err
	}
	gone, err := cli.TimeToLive(ctx, granted.ID)
	if err != nil {
		return err
	}
	return expect(got.Count == 0 && gone.TTL == -1, "%v, %v", got, gone)
}

func leaseKeepAlive(ctx context.Context, cli *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	granted, err := cli.Grant(ctx, 3)
	if err != nil {
		return err
	}
	if _, err := cli.Put(ctx, "alive", "1", clientv3.WithLease(granted.ID)); err != nil {
		return err
	}
	keepCtx, stop := context.WithCancel(ctx)
	defer stop()
	alive, err := cli.KeepAlive(keepCtx, granted.ID)
	if err != nil {
		return err
	}
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end); {
		if response, open := <-alive; !open || response.TTL != 3 {
			return fmt.Errorf("keep alive: %v", response)
		}
	}
	got, err := cli.Get(ctx, "alive")
	if err != nil || got.Count != 1 {
		return fmt.Errorf("the key is gone: %v", err)
	}
	watcher := cli.Watch(ctx, "alive", clientv3.WithRev(got.Header.Revision+1))
	stop()
	events, err := collect(ctx, watcher, 1)
	return expect(err == nil && events[0].Type == mvccpb.DELETE, "%v, %v", events, err)
}

func mutex(ctx context.Context, cli *clientv3.Client) error {
	var inside, entered int32
	err := parallel(5, func(int) error {
		session, err := concurrency.NewSession(cli)
		if err != nil {
			return err
		}
		defer session.Close()
		lock := concurrency.NewMutex(session, "mutex/")
		for i := 0; i < 8; i++ {
			if err := lock.Lock(ctx); err != nil {
				return err
			}
			if atomic.AddInt32(&inside, 1) != 1 {
				return errors.New("two are inside")
			}
			entered++
			atomic.AddInt32(&inside, -1)
			if err := lock.Unlock(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	one, err := concurrency.NewSession(cli)
	if err != nil {
		return err
	}
	other, err := concurrency.NewSession(cli)
	if err != nil {
		return err
	}
	defer other.Close()
	if err := concurrency.NewMutex(one, "mutex/").TryLock(ctx); err != nil {
		return err
	}
	waiting := concurrency.NewMutex(other, "mutex/")
	if err := waiting.TryLock(ctx); err != concurrency.ErrLocked {
		return fmt.Errorf("a second lock: %v", err)
	}
	// A session that ends lets the lock go.
	if err := one.Close(); err != nil {
		return err
	}
	return expect(waiting.Lock(ctx) == nil && entered == 40, "entered %d times", entered)
}

func election(ctx context.Context, cli *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	session, err := concurrency.NewSession(cli)
	if err != nil {
		return err
	}
	defer session.Close()
	rivals, err := concurrency.NewSession(cli)
	if err != nil {
		return err
	}
	defer rivals.Close()
	first, second := concurrency.NewElection(session, "elect/"), concurrency.NewElection(rivals, "elect/")
	if err := first.Campaign(ctx, "first"); err != nil {
		return err
	}
	observed := second.Observe(ctx)
	if seen := <-observed; string(seen.Kvs[0].Value) != "first" {
		return fmt.Errorf("observed %v", seen)
	}
	won := make(chan error, 1)
	go func() { won <- second.Campaign(ctx, "second") }()
	if err := first.Proclaim(ctx, "first again"); err != nil {
		return err
	}
	if seen := <-observed; string(seen.Kvs[0].Value) != "first again" {
		return fmt.Errorf("observed %v", seen)
	}
	if err := first.Resign(ctx); err != nil {
		return err
	}
	if err := <-won; err != nil {
		return err
	}
	leader, err := second.Leader(ctx)
	if err != nil {
		return err
	}
	return expect(string(leader.Kvs[0].Value) == "second", "leader %v", leader)
}

func stm(ctx context.Context, cli *clientv3.Client) error {
	const accounts, workers, transfers = 5, 8, 20
	account := func(i int) string { return fmt.Sprintf("stm/%d", i%accounts) }
	for i := 0; i < accounts; i++ {
		if _, err := cli.Put(ctx, account(i), "100"); err != nil {
			return err
		}
	}
	levels := []concurrency.Isolation{concurrency.SerializableSnapshot, concurrency.Serializable}
	if err := parallel(workers, func(worker int) error {
		for i := 0; i < transfers; i++ {
			from, to := account(worker+i), account(worker+i*3+1)
			if from == to {
				continue
			}
			move := func(s concurrency.STM) error {
				a, _ := strconv.Atoi(s.Get(from))
				b, _ := strconv.Atoi(s.Get(to))
				s.Put(from, strconv.Itoa(a-1))
				s.Put(to, strconv.Itoa(b+1))
				return nil
			}
			level := concurrency.WithIsolation(levels[i%len(levels)])
			if _, err := concurrency.NewSTM(cli, move, level, concurrency.WithAbortContext(ctx)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	got, err := cli.Get(ctx, "stm/", clientv3.WithPrefix())
	if err != nil {
		return err
	}
	sum := 0
	for _, kv := range got.Kvs {
		value, _ := strconv.Atoi(string(kv.Value))
		sum += value
	}
	return expect(sum == 100*accounts, "the sum is %d", sum)
}

func snapshot(ctx context.Context, cli *clientv3.Client) error {
	stream, err := cli.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	size, err := io.Copy(io.Discard, stream)
	// A bbolt file is of whole pages; its hash follows.
	return expect(err == nil && size > 4096 && size%512 == 32, "%d bytes, %v", size, err)
}

func maintenance(ctx context.Context, cli *clientv3.Client) error {
	endpoint := cli.Endpoints()[0]
	status, err := cli.Status(ctx, endpoint)
	if err != nil {
		return err
	}
	if status.Leader != status.Header.MemberId || status.RaftTerm < 2 || status.DbSize < status.DbSizeInUse || status.IsLearner {
		return fmt.Errorf("status: %v", status)
	}
	before, err := cli.HashKV(ctx, endpoint, 0)
	if err != nil {
		return err
	}
	if _, err := cli.Defragment(ctx, endpoint); err != nil {
		return err
	}
	after, err := cli.HashKV(ctx, endpoint, 0)
	if err != nil {
		return err
	}
	alarms, err := cli.AlarmList(ctx)
	if err != nil {
		return err
	}
	return expect(before.Hash == after.Hash && len(alarms.Alarms) == 0, "%v, %v, %v", before, after, alarms)
}

func members(ctx context.Context, cli *clientv3.Client) error {
	list, err := cli.MemberList(ctx)
	if err != nil {
		return err
	}
	if err := cli.Sync(ctx); err != nil {
		return err
	}
	return expect(len(list.Members) == 1 && list.Members[0].ID == list.Header.MemberId, "%v", list)
}

func wrappers(ctx context.Context, cli *clientv3.Client) error {
	inner := namespace.NewKV(ordering.NewKV(cli.KV, func(clientv3.Op, clientv3.OpResponse, int64) error {
		return errors.New("an older revision than before")
	}), "ns/")
	for i := 0; i < 2500; i++ {
		if _, err := inner.Put(ctx, fmt.Sprintf("%04d", i), "v"); err != nil {
			return err
		}
	}
	got, err := inner.Get(ctx, "0001")
	if err != nil {
		return err
	}
	if string(got.Kvs[0].Key) != "0001" {
		return fmt.Errorf("the namespace shows: %v", got.Kvs[0])
	}
	responses, failures := mirror.NewSyncer(cli, "ns/", 0).SyncBase(ctx)
	count := 0
	for response := range responses {
		count += len(response.Kvs)
	}
	return expect(<-failures == nil && count == 2500, "mirrored %d keys", count)
}
