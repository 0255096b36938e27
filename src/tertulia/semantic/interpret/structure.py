"""The words that give a question its form. What stands in none of these lists must be explained by the data."""

from enum import StrEnum


class Role(StrEnum):
    FILLER = "filler"
    SHOW = "show"
    LIST = "list"
    COUNT = "count"
    BY = "by"
    EACH = "each"
    PER = "per"
    SORTING = "sorting"
    EXCEPT = "except"
    CONTEXT = "context"
    AND = "and"
    OR = "or"
    COMMA = "comma"
    VERSUS = "versus"
    COMPARE = "compare"
    TOGETHER = "together"
    IS = "is"
    TRADE = "trade"
    CREATED = "created"
    NEW = "new"
    SUM = "sum"
    AVERAGE = "average"
    MEDIAN = "median"
    MAXIMUM = "max"
    MINIMUM = "min"
    DISTINCT = "distinct"
    ASCENDING = "ascending"
    DESCENDING = "descending"
    ONLY = "only"
    INSTEAD = "instead"
    ALSO = "also"
    ABOUT = "about"
    NOW = "now"
    SAME = "same"
    FOREIGN = "foreign"
    HAVE = "have"


AGGREGATES = {
    Role.SUM: "sum",
    Role.AVERAGE: "average",
    Role.MEDIAN: "median",
    Role.MAXIMUM: "max",
    Role.MINIMUM: "min",
}

_PHRASES: dict[Role, str] = {
    Role.FILLER: """
        a | an | the | our | my | your | their | its | his | her | we | i | you | they | it | us | me | please | pls | kindly | could you |
        can you | would you | will you | can i | could i | may i | can we | could we | i want to | i would like to |
        i need to | i want | i need | i would like | we need | like to know | want to know | need to know | know |
        hi | hello | hey | thanks | thank you | ok | okay | so | do | does | did | have | has | had | been | being |
        having been | there | exist | exists | that | which were | that were | that was | who were | who are | that are |
        those | these | this data | actually | exactly how | in the data | in our data | in the database |
        in our database | of ours | in our system | for us | for me | to me | let us | see | look at | have a look at | am | also please |
        to see | to know | got | get | gets | made | make | makes | generate | generated | generates | come | comes | came | bring | brings | brought |
        brought in | bring in | brings in | drive | drives |
        do we sell | all | all the | all of | all of the | all our | all time | of all time | ever | so far | currently available | belong | belongs | offer | carry | deal
        """,
    Role.SHOW: """
        show | show me | show us | give me | give us | give | display | tell me | tell us | what is | what are | what was | what were |
        what has been | what have been | what will be | how much | how much is | how much was | how high is | how high was | how big is |
        how big was | how large is | how large was | report | present | plot | chart | graph | draw | calculate | compute |
        break out | breakdown of | a breakdown of | overview of | what does | what did | what do | pull | pull up | get me | find | find me |
        fetch | fetch me | return me
        """,
    Role.LIST: """
        list | list all | list me | list out | list of | a list of | list of all | which | what | who | who are | who is | who were | what kind of | what kinds of |
        what types of | what sort of | what sorts of | what different | which different | the names of | names of | enumerate | all the different |
        show all | show me all | show all the | show me all the | what all | give me all | give me a list of | show a list of | show me a list of | show me the list of
        """,
    Role.COUNT: """
        how many | how many of | number of | the number of | count of | the count of | total number of | the total number of | count | count all |
        count the | total count of | what number of | how many total | how many different | how many distinct | how many unique |
        number of different | number of distinct | number of unique | no of | distinct count of | unique count of | overall number of
        """,
    Role.BY: """
        by | grouped by | group by | broken down by | break down by | split by | breakdown by | segmented by | sliced by |
        split up by | split out by | broken out by | across | across all | according to | separated by | as a function of |
        divided by type of | organized by | arranged by | aggregated by | summarized by | broken down into | by each | by different |
        by the
        """,
    Role.EACH: """
        for each | for every | each | every | in each | in every | of each | of every | from each | from every | at each | at every | on each |
        for each of | by every | for each individual | for all the different | with each
        """,
    Role.PER: "per",
    Role.SORTING: """
        sorted by | sort by | ordered by | order by | ranked by | rank by | in terms of | based on | with respect to | as measured by |
        measured by | judged by | when ranked by | when sorted by | sort it by | sort them by
        """,
    Role.EXCEPT: """
        except | except for | excluding | exclude | excl | without | other than | not including | not counting | apart from | aside from | but not |
        not in | not from | not for | ignoring | leaving out | with the exception of | omitting | omit | leave out | ignore |
        not | is not | are not | was not | were not | that are not | that were not | which are not | which were not |
        who are not | that is not | non | do not include | not the | other than the | not by | not with | not of | not on | not at
        """,
    Role.CONTEXT: """
        in | for | from | with | of | on | at | among | within | during | where | whose | having | that have | which have | who have |
        that had | which had | who had | who has | that has | through | via | using | inside | under the | into | to | as of all |
        coming from | located in | based in | living in | who live in | that live in | who lives in | from all | belonging to | made in | made by | generated by | brought in by | driven by | earned by | situated in |
        residing in | in all | for all | of all | when | throughout | over the course of | in the year of | restricted to |
        limited to | filtered to | filtered by | filter by | filter to | filter on | for the | in the | with a | with an | with the |
        concerning | regarding | related to | associated with | of type | who are in | who are from | that are in | that are from | that come from | who come from | only for | only in | only from | just for | just in |
        in category | as | over
        """,
    Role.AND: "and | as well as | along with | together with | and the | and also the | and their | and its",
    Role.OR: "or | or the",
    Role.COMMA: ",",
    Role.VERSUS: """
        versus | vs | compared to | compared with | in comparison to | in comparison with | against | v | as compared to |
        as opposed to | relative to the | compare to | compared against
        """,
    Role.COMPARE: "compare | comparison of | a comparison of | comparing | compare the",
    Role.TOGETHER: "together | combined | altogether | in total | in all | overall | all together | taken together | in sum | either | both | in aggregate",
    Role.IS: "is | are | was | were | be | equals | equal to | = | is equal to | being",
    Role.TRADE: """
        ordered | bought | purchased | placed | buy | purchase | sold | sell | sells | selling | that sold | booked | who ordered | who bought |
        who purchased | who placed | that placed | that ordered | that bought | did we sell | have we sold | do we sell to |
        were sold | was sold | got sold | buying | purchasing | took place | happened | occurred | made a purchase | that happened
        """,
    Role.CREATED: """
        created | signed up | sign up | registered | register | joined | join | that signed up | who signed up | who registered | who joined |
        were created | added | were added | that were added | that registered | that joined | enrolled | onboarded | did we acquire |
        acquired | that were created | got created | opened an account
        """,
    Role.NEW: "new | newly created | newly registered",
    Role.SUM: "total | sum | sum of | the sum of | total of | the total of",
    Role.AVERAGE: "average | average of | the average of | on average",
    Role.MEDIAN: "median | median of | the median of",
    Role.MAXIMUM: "maximum | maximum of | the maximum of",
    Role.MINIMUM: "minimum | minimum of | the minimum of",
    Role.DISTINCT: "distinct | unique | different",
    Role.ASCENDING: "ascending | in ascending order | asc | lowest first | smallest first | in increasing order",
    Role.DESCENDING: "descending | in descending order | desc | highest first | largest first | biggest first | in decreasing order | from highest to lowest",
    Role.ONLY: "only | just | only show | show only | just show | limit to | limit it to | restrict to | only those",
    Role.INSTEAD: "instead | rather | instead please",
    Role.ALSO: "also | add | additionally | in addition | include | as additional | plus also",
    Role.ABOUT: "what about | how about | and what about | and how about | what of",
    Role.NOW: "now | then | and now | now show | now show me | now break it down | break it down | break that down | break this down | and then | now split it",
    Role.FOREIGN: "we spend | we spent | did we spend | do we spend | we are spending | out of | out of stock",
    Role.HAVE: "do we have | we have | have we got | do we own | do we hold",
    Role.SAME: "same | the same | same for | the same for | same thing | the same thing | same question | do the same | it | that | this",
}


def _table() -> dict[tuple[str, ...], Role]:
    table: dict[tuple[str, ...], Role] = {}
    for role, text in _PHRASES.items():
        for phrase in text.split("|"):
            words = tuple(phrase.split())
            # an article after the phrase is left to be the first word of a name: `for The North Face`
            if len(words) == 1 or words[-1] not in ("the", "a", "an"):
                table.setdefault(words, role)
    return table


PHRASES = _table()
LONGEST = max(map(len, PHRASES))
VERBS = (Role.TRADE, Role.CREATED, Role.NEW)
"""Words of a question that may be values as well."""
FUNCTION_WORDS = frozenset(phrase[0] for phrase, role in PHRASES.items() if len(phrase) == 1 and role not in VERBS)
