/* The benchmark model in plain C: one binary heap of events, one binary heap of waiting leads, no tricks.
   Every arrival is in the heap from the start. Ties: time, then kind (an attempt ends, a lead arrives, a retry falls
   due), then lead; free reps take leads once everything of an instant has happened. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { ENDED, ARRIVED, DUE, ATTEMPTS = 6 };

typedef struct { double at; int64_t key; } Event;

static const double GAPS[ATTEMPTS - 1] = {240.0, 480.0, 960.0, 1440.0, 1920.0};

static inline int before(Event a, Event b) { return a.at < b.at || (a.at == b.at && a.key < b.key); }

static void push_event(Event *heap, int64_t *size, double at, int64_t kind, int64_t lead) {
    Event event = {at, kind << 32 | lead};
    int64_t i = (*size)++;
    for (; i > 0 && before(event, heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = event;
}

static Event pop_event(Event *heap, int64_t *size) {
    Event top = heap[0], last = heap[--*size];
    int64_t i = 0;
    for (int64_t child; (child = 2 * i + 1) < *size; i = child) {
        if (child + 1 < *size && before(heap[child + 1], heap[child])) child++;
        if (!before(heap[child], last)) break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}

static void push_waiting(int64_t *heap, int64_t *size, int64_t key) {
    int64_t i = (*size)++;
    for (; i > 0 && key < heap[(i - 1) / 2]; i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = key;
}

static int64_t pop_waiting(int64_t *heap, int64_t *size) {
    int64_t top = heap[0], last = heap[--*size], i = 0;
    for (int64_t child; (child = 2 * i + 1) < *size; i = child) {
        if (child + 1 < *size && heap[child + 1] < heap[child]) child++;
        if (heap[child] >= last) break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}

/* Returns the number of events, or -1 without memory. A waiting lead's key is its place in the order of service, behind
   all new leads if it is a retry, over its row. */
int64_t simulate(int64_t leads, int64_t reps, double end, double horizon, double depth, const double *created,
                 const double *deadline, const int32_t *rank, const float *connect_before, const float *handling,
                 const uint8_t *would_qualify, const uint8_t *would_win, const float *cycle, const float *value,
                 double *first_at, int32_t *attempts, int32_t *in_time, double *connected_at, uint8_t *qualified,
                 uint8_t *won, double *revenue) {
    Event *events = malloc((leads + reps + 1) * sizeof *events);
    int64_t *waiting = malloc((leads + 1) * sizeof *waiting);
    uint8_t *connects = calloc(leads + 1, 1);
    int64_t event_count = 0, waiting_count = 0, free_reps = reps, happened = 0;
    if (!events || !waiting || !connects) {
        free(events); free(waiting); free(connects);
        return -1;
    }
    for (int64_t lead = 0; lead < leads; lead++) {
        first_at[lead] = connected_at[lead] = NAN;
        attempts[lead] = in_time[lead] = 0;
        qualified[lead] = won[lead] = 0;
        revenue[lead] = 0.0;
        push_event(events, &event_count, created[lead], ARRIVED, lead);
    }
    while (event_count) {
        Event event = pop_event(events, &event_count);
        double now = event.at;
        int64_t lead = event.key & 0xffffffff, kind = event.key >> 32;
        happened++;
        if (kind == ENDED) {
            free_reps++;
            if (connects[lead]) {
                connected_at[lead] = now;
                qualified[lead] = would_qualify[lead];
                won[lead] = qualified[lead] && would_win[lead] && now + cycle[lead] < horizon;
                if (won[lead]) revenue[lead] = value[lead];
            } else if (attempts[lead] < ATTEMPTS) {
                double due = now + GAPS[attempts[lead] - 1];
                if (due <= deadline[lead] && due < end) push_event(events, &event_count, due, DUE, lead);
            }
        } else {
            push_waiting(waiting, &waiting_count, (rank[lead] + (kind == DUE ? leads : 0)) << 32 | lead);
        }
        if (event_count && events[0].at == now) continue;
        while (free_reps && waiting_count && now < end) {
            lead = pop_waiting(waiting, &waiting_count) & 0xffffffff;
            if (deadline[lead] < now) continue;
            int64_t cell = lead * ATTEMPTS + attempts[lead]++;
            if (attempts[lead] == 1) first_at[lead] = now;
            in_time[lead] += now <= created[lead] + depth;
            connects[lead] = now - created[lead] <= connect_before[cell];
            free_reps--;
            push_event(events, &event_count, now + handling[cell], ENDED, lead);
        }
    }
    free(events); free(waiting); free(connects);
    return happened;
}
