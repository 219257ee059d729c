/*
 * One-shot Simplex of docs/PROTOCOL.md §6, n = 4, q = 3, one liar, VIEWS views, two values.
 *
 * Members 0, 1 and 2 are honest, the fourth lies: it has voted for everything, sent every dummy vote and every Finalize,
 * shows each to whom it likes, and as a leader proposes every value to everyone. Messages are never taken back and may
 * arrive at any time in any order, so what was sent is one shared set, and when a member acts upon it is free: every
 * delay, loss and order of the network is an order of these steps. A quorum is q members: q-1 honest ones and the liar.
 *
 * Checked in every reachable state: two values are never both finalized, whatever the views (agreement, §6.7); no view has
 * both a dummy certificate and a finalized value (§6.6); no view has two notarizations (§6.4).
 * LEADER is the honest member that leads view 1; with LIAR_LEADS defined the liar leads that view as well as view 0.
 * BROKEN_SLOT, BROKEN_FRESH, BROKEN_CARRY and BROKEN_VOTE each take one rule away; the checker must then find a violation.
 * NEVER_DECIDES claims that nothing is ever decided in the last view: found to be wrong, or the model would prove nothing.
 */
#ifndef VIEWS
#define VIEWS 2
#endif
#define HONEST 3
#define VALUES 2
#define NONE 2
#ifndef LEADER
#define LEADER 0
#endif

/* What honest members sent; of a pair (view, value) by index. */
byte votes[VIEWS * VALUES];
byte finals[VIEWS * VALUES];
byte dummies[VIEWS];

/* What each honest member remembers having signed: its slots. */
bool hasVoted[HONEST * VIEWS];
bool hasVotedFor[HONEST * VIEWS * VALUES];
bool hasDummied[HONEST * VIEWS];
bool hasFinalized[HONEST * VIEWS];
byte view[HONEST];

/* The one proposal of an honest leader, by view: its value and whether it is carried over. */
byte proposed[VIEWS];
bool isCarried[VIEWS];

#define NOTARIZED(v, x) (votes[(v) * VALUES + (x)] + 1 >= 3)
#define FINAL(v, x) (finals[(v) * VALUES + (x)] + 1 >= 3)
#define DUMMIED(v) (dummies[v] + 1 >= 3)
#define AT(v) (me * VIEWS + (v))

#ifdef LIAR_LEADS
#define LIAR_LEADS_VIEW(v) true
#else
/* Of n views in a row the liar leads one: the first, which is its best. */
#define LIAR_LEADS_VIEW(v) ((v) == 0)
#endif

/* A value is justified in a view: fresh, with dummy certificates of every view below, or carried from a notarized one. */
#ifdef BROKEN_FRESH
#define FRESH(v) true
#else
#define FRESH(v) (((v) == 0) || (DUMMIED(0) && ((v) == 1 || DUMMIED(1))))
#endif
#ifdef BROKEN_CARRY
#define CARRIED(v, x) ((v) > 0 && (NOTARIZED(0, 0) || NOTARIZED(0, 1)))
#else
#if VIEWS > 2
#define CARRIED(v, x) (((v) > 0 && NOTARIZED((v) - 1, x)) || ((v) == 2 && NOTARIZED(0, x) && DUMMIED(1)))
#else
#define CARRIED(v, x) ((v) > 0 && NOTARIZED(0, x))
#endif
#endif
#define JUSTIFIED(v, x, carried) ((carried) -> CARRIED(v, x) : FRESH(v))

inline castVote(v, x) {
  hasVoted[AT(v)] = true;
  hasVotedFor[AT(v) * VALUES + x] = true;
  votes[v * VALUES + x]++
}

inline check() {
  byte a, b;
  a = 0;
  do
  :: a < VIEWS ->
     assert(!(NOTARIZED(a, 0) && NOTARIZED(a, 1)));
     assert(!(DUMMIED(a) && (FINAL(a, 0) || FINAL(a, 1))));
     b = 0;
     do
     :: b < VIEWS -> assert(!(FINAL(a, 0) && FINAL(b, 1))); b++
     :: else -> break
     od;
     a++
  :: else -> break
  od;
#ifdef NEVER_DECIDES
  assert(!(FINAL(VIEWS - 1, 0) || FINAL(VIEWS - 1, 1)));
#endif
  a = 0; b = 0
}

proctype Member(byte me) {
  byte v, x;
  bool carried;
  do
  /* §6.5 Either certificate of a view lets a member enter the next. */
  :: atomic {
       view[me] < VIEWS - 1 && (NOTARIZED(view[me], 0) || NOTARIZED(view[me], 1) || DUMMIED(view[me])) ->
       view[me]++
     }
  /* §6.6 On timeout: a dummy vote, unless it sent Finalize in this view. */
#ifdef BROKEN_SLOT
  :: atomic { !hasDummied[AT(view[me])] ->
#else
  :: atomic { !hasDummied[AT(view[me])] && !hasFinalized[AT(view[me])] ->
#endif
       hasDummied[AT(view[me])] = true; dummies[view[me]]++; check()
     }
  /* §6.6 Upon a notarization of any view: Finalize, unless it voted dummy in it. */
  :: atomic {
       select (v : 0 .. VIEWS - 1); select (x : 0 .. VALUES - 1);
       if
#ifdef BROKEN_SLOT
       :: NOTARIZED(v, x) && !hasFinalized[AT(v)] ->
#else
       :: NOTARIZED(v, x) && !hasFinalized[AT(v)] && !hasDummied[AT(v)] ->
#endif
          hasFinalized[AT(v)] = true; finals[v * VALUES + x]++; check()
       :: else -> skip
       fi;
       v = 0; x = 0
     }
  /* An honest leader proposes once: a notarized value, or a fresh one, for it may not have seen what is notarized. */
  :: atomic {
       view[me] == 1 && me == LEADER && !LIAR_LEADS_VIEW(1) && proposed[1] == NONE ->
       select (x : 0 .. VALUES - 1);
       if
       :: CARRIED(1, x) -> proposed[1] = x; isCarried[1] = true
       :: FRESH(1) -> proposed[1] = x; isCarried[1] = false
       :: else -> skip
       fi;
       x = 0
     }
  /* §6.4 One vote a view, for a justified proposal of its leader; a lying leader proposes everything, either way. */
  :: atomic {
       select (x : 0 .. VALUES - 1); select (carried : 0 .. 1);
       v = view[me];
       if
#ifdef BROKEN_VOTE
       :: !hasVotedFor[AT(v) * VALUES + x] && JUSTIFIED(v, x, carried) &&
#else
       :: !hasVoted[AT(v)] && JUSTIFIED(v, x, carried) &&
#endif
          (LIAR_LEADS_VIEW(v) || (proposed[v] == x && isCarried[v] == carried)) ->
          castVote(v, x); check()
       :: else -> skip
       fi;
       v = 0; x = 0; carried = false
     }
  od
}

init {
  byte i;
  atomic {
    i = 0;
    do
    :: i < VIEWS -> proposed[i] = NONE; i++
    :: else -> break
    od;
    i = 0;
    run Member(0); run Member(1); run Member(2)
  }
}
