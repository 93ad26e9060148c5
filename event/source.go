package event

import "context"

// Delivery is a record as a consumer group received it. Partition and Offset belong to Topic.
type Delivery struct {
	Record
	Partition int
	Offset    int64
}

// Source is a consumer group's view of its topics. event/kafka implements it; a consumer applies a batch together with the ids it has
// processed in one transaction, then commits: a crash between the two repeats the batch, and the ids make the repeat change nothing.
type Source interface {
	// Fetch waits for the next batch: at least one delivery, at most the size the source was opened with, in order within each partition.
	// It returns ctx's error when ctx ends.
	Fetch(ctx context.Context) ([]Delivery, error)
	// Commit marks everything up to and including the batch as done. It is called with batches in the order of Fetch.
	Commit(ctx context.Context, batch []Delivery) error
}

// Sink takes records to Kafka: it returns nil when all of them are acknowledged by all in-sync replicas, else an error, after which any
// of them may or may not be there (consumers deduplicate by id).
type Sink interface {
	Write(ctx context.Context, records []Record) error
}
