"""Word lists: what carries no meaning in a question, what means the same, and what never stands for another."""

STOP_WORDS = frozenset(
    """a about above after again all also am an and any anybody anyone anything are as ask at be because been before
    being below between both but by can cannot could d did do does doing don done down during each either else ever
    every few for from further had has have having he her here hers him his how i if in into is it its itself ll let m
    may me might mine more most must my myself no nor not now of off ok on once only onto or other our ours out over
    own please re really s same shall she should so some somebody someone something still such t than that the their
    theirs them then there these they this those through to together too under until up upon us ve very via was we
    were what whatever when where whether which while who whole whom whose why will with within without would yes yet
    you your yours y und oder der die das ein eine ist sind wie was wer wann wo el la los las un una es son que como
    le les des du est et qui quand ou""".split()
)
FRAME_WORDS = frozenset(
    """answer anyway apply case common concern count current currently define definition describe description detail
    different document documentation exactly example exist explain figure file find following general get give go
    happen info information kind know like list long look lot many matter mean mention much name need new number often
    one overview part people person possible question quickly reason regard relate right rule say see show sort
    specific start state summarise summarize summary tell text thing type typical use usual usually want way wonder
    work year old far soon long big large allow far amount total provide offer include available regular official
    take make do come put keep set actually currently normally maximum minimum max min longest shortest able""".split()
)
COMMON_WORDS = frozenset(
    """ask bring buy call change charge check choose close company cost customer day employee employees end every fee
    fill hand handle happen help hold hour inform leave let member minute money month must open order organisation
    organization pay place policy price process read receive report require request rest run send staff stay stop
    submit time try turn user visit wait week worker write apply begin become everybody everyone open rate value""".split()
)
IRREGULAR = {
    **{"paid": "pay", "bought": "buy", "sent": "send", "kept": "keep", "made": "make", "given": "give", "gave": "give"},
    **{"taken": "take", "took": "take", "held": "hold", "lost": "lose", "sold": "sell", "met": "meet", "got": "get"},
    **{"begun": "begin", "began": "begin", "chosen": "choose", "chose": "choose", "brought": "bring", "wrote": "write"},
    **{"written": "write", "built": "build", "spent": "spend", "went": "go", "goes": "go", "children": "child"},
    **{"people": "person", "men": "man", "women": "woman", "worn": "wear", "broken": "break", "stolen": "steal"},
    **{"driven": "drive", "drove": "drive", "flown": "fly", "eaten": "eat", "drunk": "drink", "shown": "show"},
    **{"lent": "lend", "left": "left", "founded": "found", "news": "news", "mice": "mouse", "taught": "teach"},
}
SYNONYMS = (
    "vacation holiday leave pto annual",
    "price cost fee charge rate tariff fare",
    "pay payment salary wage remuneration",
    "pay cost",
    "salary wage pay remuneration",
    "invoice bill billing",
    "refund reimburse reimbursement money repay return",
    "expense cost spending",
    "employee staff worker colleague personnel team",
    "boss manager supervisor",
    "ceo director",
    "notice termination resign quit terminate resignation",
    "cancel terminate end cancellation quit",
    "phone telephone call hotline",
    "email mail",
    "laptop computer notebook device pc",
    "mobile smartphone phone",
    "buy purchase order acquire",
    "begin start commence",
    "end finish stop close expire",
    "sick ill illness sickness",
    "doctor medical physician",
    "buy purchase",
    "pet dog cat animal",
    "kid child",
    "car vehicle",
    "bike bicycle",
    "plane flight fly air",
    "train rail",
    "hotel accommodation lodging overnight",
    "meal food lunch dinner breakfast",
    "home remote remotely telework",
    "repair fix mend",
    "broken faulty defective defect damaged fail failure",
    "clean cleaning rinse descale wipe",
    "warranty guarantee",
    "deliver ship shipping delivery dispatch",
    "return send back",
    "deadline due latest",
    "limit cap maximum ceiling",
    "minimum least",
    "maximum most",
    "allow permit may allowed",
    "forbid prohibit ban forbidden banned",
    "delete erase remove purge",
    "store keep retain retention stored save",
    "password passphrase credential",
    "login sign log logon",
    "lose lost loss",
    "steal stolen theft",
    "report notify inform tell",
    "complain complaint",
    "weekly week",
    "monthly month",
    "yearly annual annually year",
    "daily day",
    "hour hourly",
    "address street located location",
    "locate location find situated",
    "customer client",
    "visitor guest",
    "member membership",
    "apply application applicant",
    "register registration enrol enroll sign",
    "borrow loan lend",
    "overdue late",
    "fine penalty fee",
    "training course education learning",
    "bonus premium",
    "raise increase",
    "discount reduction rebate reduced",
    "parking park",
    "weight weigh heavy",
    "size dimension big",
    "tall height high",
    "wide width",
    "deep depth",
    "temperature hot heat warm degree",
    "decide decision approve resolve resolution",
    "approve approval authorise authorize sign consent",
    "attend present participant attendance",
    "responsible charge",
    "contact reach",
    "headquarter headquarters office seat",
    "found establish founded established",
    "security safety",
    "leave absence",
    "overtime extra",
    "trip travel journey",
    "probation trial",
    "backup copy",
    "encrypt encryption",
    "error fault code",
    "turn switch",
    "capacity hold volume",
    "guest visitor",
    "percent percentage share",
    "quarter quarterly",
    "board directors",
)
AUDIENCES = frozenset(
    """member nonmember visitor guest employee contractor freelancer intern apprentice trainee student pupil child
    adult senior pensioner manager director volunteer teacher parent resident customer partner supplier temp beginner
    business private individual company family group partner owner tenant teenager baby infant staff worker""".split()
)
CONTRASTS = (
    "maternity paternity parental sick annual bereavement sabbatical unpaid",
    "fax phone telephone email mobile website",
    "full part",
    "permanent temporary",
    "domestic international foreign",
    "weekday weekend",
    "monday tuesday wednesday thursday friday saturday sunday",
    "january february march april may june july august september october november december",
    "spring summer autumn winter",
    "first second third fourth",
    "minimum maximum",
    "minimum limit",
    "open close",
    "arrival departure",
    "monthly yearly annual weekly daily",
    "internal external",
    "north south east west",
    "economy business first",
    "member nonmember visitor guest",
    "employee contractor freelancer intern apprentice trainee volunteer",
    "child adult senior student",
    "lunch dinner breakfast",
    "hot cold",
    "red green blue yellow white black orange",
    "buy sell",
    "ceo cfo cto coo",
    "chair treasurer secretary",
    "import export",
    "hotel flight train taxi car",
    "basic standard plus premium pro enterprise free",
)
