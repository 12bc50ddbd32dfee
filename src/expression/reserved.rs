//! DynamoDB's reserved words, which no expression may write as a plain attribute name.

/// The longest reserved word.
const LONGEST: usize = 14;

/// True when `word`, in any case, is reserved.
pub(super) fn is_reserved(word: &str) -> bool {
    position(word).is_some()
}

/// True when `word`, in any case, is a keyword of PartiQL, which no statement may write as a plain name.
pub fn is_partiql_keyword(word: &str) -> bool {
    let in_both = position(word).is_some_and(|(length, at)| {
        let before: usize =
            BY_LENGTH.iter().take(length).enumerate().map(|(n, words)| words.len() / n.max(1)).sum();
        let number = before + at;
        KEYWORDS.get(number / 8).is_some_and(|bits| bits >> (number % 8) & 1 == 1)
    });
    in_both || MORE_KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// Length of a reserved word, and how many of that length stand before it.
fn position(word: &str) -> Option<(usize, usize)> {
    let (length, mut upper) = (word.len(), [0u8; LONGEST]);
    let (words, upper) = (BY_LENGTH.get(length)?, upper.get_mut(..length)?);
    upper.copy_from_slice(word.as_bytes());
    upper.make_ascii_uppercase();
    let words = words.as_bytes();
    let (mut low, mut high) = (0, words.len().checked_div(length).unwrap_or(0));
    while low < high {
        let middle = low.midpoint(high);
        match words.get(middle * length..(middle + 1) * length).map(|at| at.cmp(&*upper)) {
            Some(std::cmp::Ordering::Less) => low = middle + 1,
            Some(std::cmp::Ordering::Greater) => high = middle,
            Some(std::cmp::Ordering::Equal) => return Some((length, middle)),
            None => return None,
        }
    }
    None
}

/// A bit for each reserved word, in the order of [`BY_LENGTH`]: set when it is a keyword of PartiQL too. Found in
/// November 2026 by asking DynamoDB Local for each word as a name.
static KEYWORDS: &[u8; 72] =
    b"\xDF\xFF\xDF\x8F\x5D\x58\x40\x78\x9C\xC2\x82\xAA\x81\x0C\x58\xC0\x38\x94\x8B\xA8\x03\xAA\x2F\x96\
     \x61\x15\x04\x02\xA1\xB6\x06\x78\x8D\x03\x83\xC0\xA0\x01\xC8\x04\x60\x25\x98\x05\x7B\x90\x01\x81\
     \x6B\x00\x54\x70\xAC\xCA\x21\x34\xCA\x62\x64\x40\x29\x11\x0F\x43\xB4\xD0\x0D\x40\xA1\x04\x03\x06";

/// Keywords of PartiQL that expressions do not reserve.
static MORE_KEYWORDS: [&str; 22] = [
    "BAG",
    "BIT_LENGTH",
    "BOOL",
    "CHARACTER_LENGTH",
    "CHAR_LENGTH",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "DATE_ADD",
    "DATE_DIFF",
    "LET",
    "MODIFIED",
    "NOTHING",
    "OCTET_LENGTH",
    "PIVOT",
    "REMOVE",
    "SESSION_USER",
    "SEXP",
    "SYMBOL",
    "SYSTEM_USER",
    "UNPIVOT",
];

/// The words of each length, sorted and run together: no pointer per word, no separator.
static BY_LENGTH: [&str; LONGEST + 1] = [
    "",
    "",
    "ASATBYDOGOIFINISNOOFONORTO",
    "ADDALLANDANYAREASCAVGBITDAYDECENDFORGETINTKEYLAGLOGMAPMAXMINMODNEWNOTOLDOUTPADPUTRAWREFROWSETSQL\
     SUBSUMTTLURLUSE",
    "AUTHAUTOBACKBASEBLOBBOTHBULKBYTECALLCASECASTCHARCLOBCOPYCUBEDATADATEDESCDROPDUMPEACHELSEEVALEXEC\
     EXITFAILFILEFREEFROMFULLGLOBGOTOHASHHAVEHEAPHOLDHOURINTOITEMJOINKEYSLASTLEADLEFTLESSLIKELISTLOAD\
     LOCKLONGLOOPMODENAMENEXTNONENULLONLYOPENOVERPATHPIPEPLANPOOLQUITRANKREADREALROLEROWSRULESAVESCAN\
     SELFSEMISETSSHOWSIZESOMETEMPTEXTTHANTHENTIMETRIMTRUETYPEUNDOUNITUSERUUIDVIEWVOIDWAITWHENWITHWORK\
     YEARZONE",
    "ABORTAFTERAGENTALTERARRAYASCIIBATCHBEGINBLOCKCHECKCLASSCLOSECOUNTCROSSCYCLEDEPTHDEREFEMPTYEQUAL\
     ERRORFALSEFETCHFINALFIRSTFIXEDFLOATFORCEFOUNDGRANTGROUPINDEXINNERINOUTINPUTITEMSLARGELEAVELEVEL\
     LIMITLINESLOCALLOCKSLOGEDLOWERMATCHMERGEMINUSMONTHMULTINAMESNCHARNCLOBORDEROTHEROUTEROWNERPRIOR\
     QUERYRAISERANGEREADSRESETRIGHTROLESRULESSCOPESHARDSHARESHORTSPACESPLITSTARTSTATESTORESTYLESUPER\
     TABLETOKENTOTALTOUCHTREATTUPLEUNDERUNIONUNTILUPPERUSAGEUSERSUSINGVALUEVIEWSWHEREWHILEWRITE",
    "ACTIONATOMICATTACHBACKUPBEFOREBIGINTBINARYBUCKETCALLEDCOLUMNCOMMITCREATECURSORDEFINEDELETEDETACH\
     DOMAINDOUBLEELSEIFENABLEEQUALSESCAPEEXCEPTEXISTSEXPORTFAMILYFIELDSFILTERFINISHFORMATGLOBALHAVING\
     HIDDENIGNOREIMPORTINLINEINNTERINSERTLENGTHMAXLENMEMBERMETHODMINUTEMODIFYMODULENULLIFNUMBEROBJECT\
     OFFSETONLINEOPAQUEOPTIONOTHERSOUTPUTPUBLICQUORUMRANDOMRECORDREDUCEREGEXPREGIONRENAMEREPEATRESULT\
     RETURNREVOKEROLLUPSAMPLESCHEMASCROLLSEARCHSECONDSELECTSHAREDSIGNALSKEWEDSOURCESPACESSPARSESTATIC\
     STATUSSTOREDSTREAMSTRINGSTRUCTSYSTEMUNIQUEUNNESTUPDATEVACUUMVALUEDVALUESVARINTWINDOWWITHIN",
    "ANALYZEARCHIVEBETWEENBOOLEANBREADTHCALLINGCASCADECATALOGCLUSTERCOLLATECOLUMNSCOMBINECOMMENT\
     COMPACTCOMPILECONNECTCONVERTCOUNTERCURRENTDECIMALDECLAREDEFAULTDEFINEDDISABLEDYNAMICELEMENT\
     ESCAPEDEXECUTEEXPLAINEXPLODEEXTRACTFOREIGNFORWARDGENERALGREATERHANDLERINDEXEDINDEXESINSTEAD\
     INTEGERITERATELATERALLEADINGLIMITEDLOCATORMETRICSMISSINGNATURALNUMERICOFFLINEPARTIALPERCENT\
     PREPAREPRIMARYPRIVATEPROJECTREBUILDREINDEXRELEASEREPLACEREQUESTRESTORERETURNSREVERSEROUTINE\
     SECTIONSEGMENTSESSIONSIMILARSQLCODESTORAGESUBTYPESYNONYMTINYINTTRIGGERUNKNOWNVARCHARVARYING\
     VIRTUALWITHOUTWRAPPED",
    "ABSOLUTEALLOCATECAPACITYCASCADEDCLUSTERSCOALESCECOMPRESSCONFLICTCONSUMEDCONTINUEDATABASEDATETIME\
     DEFERREDDESCRIBEDISTINCTDURATIONEVALUATEEXCEEDEDEXTENDEDEXTERNALFLATTERNFUNCTIONGENERATEGROUPING\
     IDENTITYINFINITEINTERVALLANGUAGELOCATIONMODIFIESMULTISETNATIONALOPERATOROVERLAPSOVERRIDEPARALLEL\
     POSITIONPRESERVEPROPERTYRELATIVERESIGNALRESOURCERESPONSERESTRICTROLLBACKSEGMENTSSEPARATESEQUENCE\
     SMALLINTSNAPSHOTSPECIFICSQLERRORSQLSTATETIMEZONETRAILINGTRUNCATEUNLOGGEDUNSIGNEDVARIABLEVARIANCE\
     WHENEVER",
    "AGGREGATEASSERTIONATTRIBUTEAUTHORIZECHARACTERCLUSTEREDCOLLATIONCONDITIONDELIMITEDEXCEPTION\
     EXCLUSIVEFILTERINGFUNCTIONSIMMEDIATEINCLUDINGINCLUSIVEINCREMENTINDICATORINITIALLYINTERSECT\
     ISOLATIONLOCALTIMEPARAMETERPARTITIONPIPELINEDPRECISIONPROCEDUREPROCESSEDRECURSIVEREFERENCE\
     REMAINDERRETURNINGSATISFIESSAVEPOINTSENSITIVESUBSTRINGSYMMETRICTEMPORARYTIMESTAMPTRANSFORM\
     TRANSLATE",
    "ASENSITIVEASYMMETRICCLUSTERINGCOLLECTIONCONNECTIONCONSISTENTCONSTRAINTDEALLOCATEDEFERRABLE\
     DEFINITIONDESCRIPTORDISCONNECTDISTRIBUTEEXCEPTIONSEXPRESSIONIDENTIFIEDINVALIDATEORDINALITY\
     PARAMETERSPARTITIONSPERCENTILEPERMISSIONPRIVILEGESPROJECTIONREFERENCESSQLWARNINGTERMINATED\
     THROUGHPUT",
    "CONSISTENCYCONSTRAINTSCONSTRUCTORDIAGNOSTICSDIRECTORIESINCREMENTALINSENSITIVEPARTITIONED\
     PERMISSIONSREFERENCINGSUBMULTISETTABLESAMPLETRANSACTIONTRANSLATIONUNPROCESSED",
    "MATERIALIZEDPROVISIONINGSERIALIZABLESPECIFICTYPESQLEXCEPTIONSUBPARTITION",
    "AUTHORIZATIONCORRESPONDINGDETERMINISTIC",
    "LOCALTIMESTAMP",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_words_of_every_length_in_any_case() {
        for word in
            ["AS", "by", "TO", "Add", "zone", "STATUS", "name", "ABORT", "WRITE", "DETERMINISTIC", "storage"]
        {
            assert!(is_reserved(word), "{word}");
        }
        for word in ["", "a", "pk", "statuses", "nam", "LOCALTIMESTAMPS", "averyveryverylongattributename"] {
            assert!(!is_reserved(word), "{word}");
        }
    }

    #[test]
    fn some_reserved_words_are_keywords_of_partiql() {
        for word in ["SELECT", "user", "count", "Missing", "PIVOT", "local", "as", "Key", "value"] {
            assert!(is_partiql_keyword(word), "{word}");
        }
        for word in ["name", "status", "data", "a", "", "pk", "type", "items", "keys"] {
            assert!(!is_partiql_keyword(word), "{word}");
        }
        let all: u32 = KEYWORDS.iter().map(|bits| bits.count_ones()).sum();
        assert_eq!(all as usize + MORE_KEYWORDS.len(), 239);
    }

    #[test]
    fn the_table_is_whole_and_sorted() {
        let mut count = 0;
        for (length, words) in BY_LENGTH.iter().enumerate().filter(|(length, _)| *length > 0) {
            assert_eq!(words.len() % length, 0, "{length}");
            let words: Vec<_> = words.as_bytes().chunks(length).collect();
            assert!(words.is_sorted_by(|a, b| a < b), "{length}");
            for word in &words {
                assert!(is_reserved(std::str::from_utf8(word).unwrap()));
            }
            count += words.len();
        }
        assert_eq!(count, 573);
    }
}
