//! The table: for each operation, which roles. `docs/rights.md` shows it; tests compare it with the schema and the page.

use std::{collections::HashMap, sync::LazyLock};

use domain::Role;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation<'a> {
    Query(&'a str),
    Mutation(&'a str),
    Subscription(&'a str),
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    const fn of(roles: &[Role]) -> Self {
        let mut bits = 0;
        let mut next = 0;
        while next < roles.len() {
            bits |= 1 << roles[next] as u8;
            next += 1;
        }
        Self(bits)
    }

    pub const fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub operation: Operation<'static>,
    pub roles: Roles,
    /// Also for whoever has not signed in.
    pub public: bool,
}

const EVERYBODY: Roles = Roles::of(&Role::ALL);
/// Who works on the trade's records.
const SELLERS: Roles = Roles::of(&[Role::Admin, Role::Manager, Role::Sales]);
/// Who has work to do, selling or not.
const WORKERS: Roles = Roles::of(&[Role::Admin, Role::Manager, Role::Sales, Role::Accountant]);
/// Who reads the books.
const BOOK_READERS: Roles = Roles::of(&[Role::Admin, Role::Accountant, Role::Auditor]);
/// Who looks at the money of the house.
const FINANCE_READERS: Roles = Roles::of(&[
    Role::Admin,
    Role::Manager,
    Role::Accountant,
    Role::Auditor,
    Role::Analyst,
]);
const OVERSEERS: Roles = Roles::of(&[Role::Admin, Role::Auditor]);
/// Who says what is sold and for how much.
const CATALOGUERS: Roles = Roles::of(&[Role::Admin, Role::Manager, Role::Accountant]);
/// Who keeps the books.
const BOOKKEEPERS: Roles = Roles::of(&[Role::Admin, Role::Accountant]);
/// Who agrees to what others may not decide alone.
const APPROVERS: Roles = Roles::of(&[Role::Admin, Role::Manager]);
const ADMINS: Roles = Roles::of(&[Role::Admin]);
/// Who brings in records by the file.
const IMPORTERS: Roles = Roles::of(&[Role::Admin, Role::Manager]);
/// And who looks at what was brought in.
const IMPORT_READERS: Roles = Roles::of(&[Role::Admin, Role::Manager, Role::Auditor]);
/// Whoever may see data about persons.
pub const PERSONAL: Roles = Roles::of(&[Role::Admin, Role::Manager, Role::Sales, Role::Accountant, Role::Auditor]);

/// Who may know what happened to things that are no records of the trade, by the category of their streams. What is
/// not named is for overseers; what has an owner goes by the [scope](super::Scope).
const STREAMS: [(&str, Roles); 4] = [
    ("pipeline", EVERYBODY),
    ("product", EVERYBODY),
    ("team", EVERYBODY),
    ("user", EVERYBODY),
];

/// Who may know of the streams of a category, ownership aside.
pub fn of_streams(category: &str) -> Roles {
    let named = STREAMS.iter().find(|(name, _)| *name == category);
    named.map_or(OVERSEERS, |(_, roles)| *roles)
}

const fn query(name: &'static str, roles: Roles) -> Rule {
    rule(Operation::Query(name), roles)
}

const fn mutation(name: &'static str, roles: Roles) -> Rule {
    rule(Operation::Mutation(name), roles)
}

const fn subscription(name: &'static str, roles: Roles) -> Rule {
    rule(Operation::Subscription(name), roles)
}

const fn rule(operation: Operation<'static>, roles: Roles) -> Rule {
    Rule {
        operation,
        roles,
        public: false,
    }
}

const fn public(name: &'static str) -> Rule {
    Rule {
        public: true,
        ..mutation(name, EVERYBODY)
    }
}

/// Every operation there is. Which records each shows or changes is a matter of visibility, not of this table.
pub const RULES: &[Rule] = &[
    // looking things up
    query("node", EVERYBODY),
    query("nodes", EVERYBODY),
    query("organization", EVERYBODY),
    query("organizations", EVERYBODY),
    query("organizationDuplicates", EVERYBODY),
    query("contact", PERSONAL),
    query("contacts", PERSONAL),
    query("contactDuplicates", PERSONAL),
    query("activity", EVERYBODY),
    query("activities", EVERYBODY),
    query("deal", EVERYBODY),
    query("deals", EVERYBODY),
    query("dealsAggregate", EVERYBODY),
    query("pipeline", EVERYBODY),
    query("pipelines", EVERYBODY),
    query("product", EVERYBODY),
    query("products", EVERYBODY),
    query("company", EVERYBODY),
    query("quote", PERSONAL),
    query("quotes", PERSONAL),
    query("quoteDifferences", PERSONAL),
    query("invoice", PERSONAL),
    query("invoices", PERSONAL),
    query("creditPreview", PERSONAL),
    query("payment", PERSONAL),
    query("payments", PERSONAL),
    query("contract", EVERYBODY),
    query("contracts", EVERYBODY),
    query("contractTerminationPreview", EVERYBODY),
    query("contractReasons", EVERYBODY),
    query("task", EVERYBODY),
    query("tasks", EVERYBODY),
    query("taskBoard", EVERYBODY),
    query("taskBuckets", EVERYBODY),
    query("taskCalendar", EVERYBODY),
    query("taskSeries", EVERYBODY),
    query("search", EVERYBODY),
    query("history", EVERYBODY),
    query("diff", EVERYBODY),
    query("changes", PERSONAL),
    query("user", EVERYBODY),
    query("users", EVERYBODY),
    query("team", EVERYBODY),
    query("teams", EVERYBODY),
    query("viewer", EVERYBODY),
    query("clock", EVERYBODY),
    query("journal", EVERYBODY),
    subscription("events", EVERYBODY),
    subscription("changed", EVERYBODY),
    // the money of the house, and its books; `fec` and `accounting` are files
    query("finance", FINANCE_READERS),
    query("recurringRevenue", FINANCE_READERS),
    query("revenueScenario", FINANCE_READERS),
    subscription("recurringRevenueUpdates", FINANCE_READERS),
    query("accountingEntries", BOOK_READERS),
    query("accountingSettings", BOOK_READERS),
    query("accountingReconciliation", BOOK_READERS),
    mutation("accountingLockPeriod", BOOKKEEPERS),
    mutation("accountingMapAccount", BOOKKEEPERS),
    mutation("accountingNameJournal", BOOKKEEPERS),
    mutation("accountingSaveExportMapping", BOOKKEEPERS),
    // the trade
    mutation("productAdd", CATALOGUERS),
    mutation("productUpdate", CATALOGUERS),
    mutation("productArchive", CATALOGUERS),
    mutation("productRestore", CATALOGUERS),
    mutation("quoteDraft", SELLERS),
    mutation("quoteDuplicate", SELLERS),
    mutation("quoteChangeContent", SELLERS),
    mutation("quoteStartVersion", SELLERS),
    mutation("quoteDiscardVersion", SELLERS),
    mutation("quoteRequestApproval", SELLERS),
    mutation("quoteApprove", APPROVERS),
    mutation("quoteRefuseApproval", APPROVERS),
    mutation("quoteSend", SELLERS),
    mutation("quoteSendEnvelope", SELLERS),
    mutation("quoteCheckEnvelope", SELLERS),
    mutation("quoteRevokeLink", SELLERS),
    mutation("quoteRenewLink", SELLERS),
    mutation("quoteExtend", SELLERS),
    mutation("quoteReportAcceptance", SELLERS),
    mutation("quoteReportRefusal", SELLERS),
    mutation("quoteCancel", SELLERS),
    mutation("invoiceDraft", WORKERS),
    mutation("invoiceDraftFromQuote", WORKERS),
    mutation("invoiceChangeContent", WORKERS),
    mutation("invoiceDiscard", WORKERS),
    mutation("invoiceDispute", WORKERS),
    mutation("invoiceSettleDispute", WORKERS),
    mutation("invoicePromise", WORKERS),
    mutation("invoiceHoldReminders", WORKERS),
    mutation("invoiceReleaseReminders", WORKERS),
    mutation("organizationSetReminders", BOOKKEEPERS),
    mutation("invoiceIssue", BOOKKEEPERS),
    mutation("invoiceClaimLateInterest", BOOKKEEPERS),
    mutation("invoiceSendLateInterest", BOOKKEEPERS),
    mutation("invoiceSend", BOOKKEEPERS),
    mutation("invoiceCredit", BOOKKEEPERS),
    mutation("invoiceWriteOff", BOOKKEEPERS),
    mutation("invoiceUndoWriteOff", BOOKKEEPERS),
    mutation("invoiceGrantEarlyPaymentDiscount", BOOKKEEPERS),
    mutation("invoiceSubmit", BOOKKEEPERS),
    mutation("invoiceReceivePlatformStatus", BOOKKEEPERS),
    mutation("paymentReceive", BOOKKEEPERS),
    mutation("paymentAllocate", BOOKKEEPERS),
    mutation("paymentWithdraw", BOOKKEEPERS),
    mutation("paymentReverse", BOOKKEEPERS),
    mutation("paymentRefund", BOOKKEEPERS),
    mutation("contractDraft", SELLERS),
    mutation("contractChangeTerms", SELLERS),
    mutation("contractDiscard", SELLERS),
    mutation("contractSign", SELLERS),
    mutation("contractFileDocument", SELLERS),
    mutation("contractAmend", SELLERS),
    mutation("contractPause", SELLERS),
    mutation("contractResume", SELLERS),
    mutation("contractGiveNotice", SELLERS),
    mutation("contractWithdrawNotice", SELLERS),
    mutation("contractAssign", SELLERS),
    mutation("contractSetSegment", SELLERS),
    mutation("contractDispute", WORKERS),
    mutation("contractSettleDispute", WORKERS),
    mutation("contractIndex", CATALOGUERS),
    mutation("contractTransfer", APPROVERS),
    mutation("contractReportConsumerNotice", SELLERS),
    mutation("contractBill", BOOKKEEPERS),
    mutation("contractIssueCredits", BOOKKEEPERS),
    mutation("organizationCreate", SELLERS),
    mutation("organizationUpdate", SELLERS),
    mutation("organizationIdentify", SELLERS),
    mutation("organizationNameContact", SELLERS),
    mutation("organizationRemoveContact", SELLERS),
    mutation("organizationMarkCustomer", SELLERS),
    mutation("organizationMarkFormer", SELLERS),
    mutation("organizationChangeBankAccount", SELLERS),
    mutation("organizationChangeAddresses", SELLERS),
    mutation("organizationTag", SELLERS),
    mutation("organizationUntag", SELLERS),
    mutation("organizationAssign", SELLERS),
    mutation("organizationSetFields", SELLERS),
    mutation("organizationAttachFile", SELLERS),
    mutation("organizationDetachFile", SELLERS),
    mutation("organizationArchive", SELLERS),
    mutation("organizationRestore", SELLERS),
    mutation("organizationsMerge", SELLERS),
    mutation("organizationsAssign", SELLERS),
    mutation("organizationsTag", SELLERS),
    mutation("organizationsUntag", SELLERS),
    mutation("organizationsArchive", SELLERS),
    mutation("contactAdd", SELLERS),
    mutation("contactUpdate", SELLERS),
    mutation("contactFlag", SELLERS),
    mutation("contactMove", SELLERS),
    mutation("contactAssign", SELLERS),
    mutation("contactTag", SELLERS),
    mutation("contactUntag", SELLERS),
    mutation("contactGiveConsent", SELLERS),
    mutation("contactWithdrawConsent", SELLERS),
    mutation("contactArchive", SELLERS),
    mutation("contactRestore", SELLERS),
    mutation("contactsMerge", SELLERS),
    mutation("contactsAssign", SELLERS),
    mutation("contactsTag", SELLERS),
    mutation("contactsUntag", SELLERS),
    mutation("contactsArchive", SELLERS),
    mutation("fileUploadCreate", WORKERS),
    mutation("activityAttachFile", SELLERS),
    mutation("activityDetachFile", SELLERS),
    mutation("activityRecord", SELLERS),
    mutation("activityCorrect", SELLERS),
    mutation("activityWithdraw", SELLERS),
    mutation("dealOpen", SELLERS),
    mutation("dealRename", SELLERS),
    mutation("dealLink", SELLERS),
    mutation("dealAssign", SELLERS),
    mutation("dealChangeAmount", SELLERS),
    mutation("dealExpectClose", SELLERS),
    mutation("dealMove", SELLERS),
    mutation("dealWin", SELLERS),
    mutation("dealLose", SELLERS),
    mutation("dealReopen", SELLERS),
    mutation("dealsAssign", SELLERS),
    mutation("dealsCreate", SELLERS),
    mutation("dealsMove", SELLERS),
    mutation("dealChangePipeline", SELLERS),
    mutation("dealEstimateProbability", SELLERS),
    mutation("dealNameCompetitors", SELLERS),
    mutation("dealNameProducts", SELLERS),
    mutation("dealPlanNextStep", SELLERS),
    mutation("dealSetSource", SELLERS),
    mutation("dealShareCredit", SELLERS),
    mutation("dealTag", SELLERS),
    mutation("companyIdentify", ADMINS),
    mutation("companySetVatScheme", ADMINS),
    mutation("companyChangeBankAccount", ADMINS),
    mutation("companySetColor", ADMINS),
    mutation("companySetLogo", ADMINS),
    mutation("companySetNumberPattern", ADMINS),
    mutation("companySetSalesRules", ADMINS),
    mutation("companySetReminders", ADMINS),
    mutation("companySetDocumentDefaults", ADMINS),
    mutation("companySetLateInterestRate", ADMINS),
    mutation("companySetIndexValue", ADMINS),
    mutation("companySetExchangeRate", ADMINS),
    mutation("companySetRevenueRules", ADMINS),
    mutation("companySetVatRate", ADMINS),
    mutation("companyRemoveVatRate", ADMINS),
    mutation("companySetFiscalYearEnd", ADMINS),
    mutation("companySetElectronicInvoicing", ADMINS),
    mutation("dealAddTags", SELLERS),
    mutation("dealRemoveTags", SELLERS),
    mutation("dealAttachFile", SELLERS),
    mutation("dealDetachFile", SELLERS),
    mutation("pipelineArchive", ADMINS),
    mutation("pipelineCreate", ADMINS),
    mutation("pipelineRename", ADMINS),
    mutation("pipelineRestore", ADMINS),
    mutation("pipelineStageAdd", ADMINS),
    mutation("pipelineStageChangeProbability", ADMINS),
    mutation("pipelineStageRename", ADMINS),
    mutation("pipelineStageRestore", ADMINS),
    mutation("pipelineStageRetire", ADMINS),
    mutation("pipelineStagesReorder", ADMINS),
    mutation("taskCreate", WORKERS),
    mutation("taskRename", WORKERS),
    mutation("taskAssign", WORKERS),
    mutation("taskReschedule", WORKERS),
    mutation("taskComplete", WORKERS),
    mutation("taskCancel", WORKERS),
    mutation("taskDescribe", WORKERS),
    mutation("taskLink", WORKERS),
    mutation("taskPrioritize", WORKERS),
    mutation("taskPutBack", WORKERS),
    mutation("taskRank", WORKERS),
    mutation("taskRecur", WORKERS),
    mutation("taskReopen", WORKERS),
    mutation("taskSeriesChange", WORKERS),
    mutation("taskSeriesEnd", WORKERS),
    mutation("taskSeriesSkipDate", WORKERS),
    mutation("taskStart", WORKERS),
    mutation("taskUnlink", WORKERS),
    mutation("taskAttachFile", WORKERS),
    mutation("taskDetachFile", WORKERS),
    mutation("taskUnwatch", WORKERS),
    mutation("taskWatch", WORKERS),
    mutation("tasksCreate", WORKERS),
    // several commands at once; each is ruled by its own line
    mutation("commandsApply", WORKERS),
    // files of records; who started an import sees it, and overseers see all
    query("importPreview", IMPORTERS),
    query("import", IMPORT_READERS),
    query("imports", IMPORT_READERS),
    mutation("importStart", IMPORTERS),
    mutation("importCancel", IMPORTERS),
    subscription("importProgress", IMPORT_READERS),
    // oneself
    public("signIn"),
    public("passwordResetRequest"),
    public("passwordReset"),
    mutation("signOut", EVERYBODY),
    mutation("signOutEverywhere", EVERYBODY),
    mutation("sessionEnd", EVERYBODY),
    mutation("passwordChange", EVERYBODY),
    mutation("secondFactorBegin", EVERYBODY),
    mutation("secondFactorConfirm", EVERYBODY),
    mutation("secondFactorDisable", EVERYBODY),
    mutation("preferencesChange", EVERYBODY),
    query("notifications", EVERYBODY),
    mutation("notificationMarkRead", EVERYBODY),
    mutation("notificationMarkUnread", EVERYBODY),
    mutation("notificationMarkAllRead", EVERYBODY),
    mutation("notificationMute", EVERYBODY),
    mutation("notificationUnmute", EVERYBODY),
    subscription("notifications", EVERYBODY),
    query("apiTokens", EVERYBODY),
    mutation("apiTokenCreate", EVERYBODY),
    mutation("apiTokenRevoke", EVERYBODY),
    query("signIns", EVERYBODY),
    query("savedFilters", EVERYBODY),
    mutation("savedFilterCreate", EVERYBODY),
    mutation("savedFilterChange", EVERYBODY),
    mutation("savedFilterRemove", EVERYBODY),
    // others' accounts
    mutation("userInvite", ADMINS),
    mutation("userInviteAgain", ADMINS),
    mutation("userDescribe", ADMINS),
    mutation("userChangeRole", ADMINS),
    mutation("userChangeVisibility", ADMINS),
    mutation("userDeactivate", ADMINS),
    mutation("userReactivate", ADMINS),
    mutation("userDisableSecondFactor", ADMINS),
    mutation("userSignOutEverywhere", ADMINS),
    mutation("teamForm", ADMINS),
    mutation("teamRename", ADMINS),
    mutation("teamAddMember", ADMINS),
    mutation("teamRemoveMember", ADMINS),
    mutation("teamDisband", ADMINS),
    // running the system
    query("delivery", OVERSEERS),
    query("deliveries", OVERSEERS),
    mutation("deliveryRetry", ADMINS),
    mutation("deliveryConfirm", ADMINS),
    mutation("deliveryCancel", ADMINS),
    query("projections", OVERSEERS),
    query("projectionsParked", OVERSEERS),
    mutation("projectionSkipEvent", ADMINS),
    mutation("projectionRetry", ADMINS),
    mutation("personErase", ADMINS),
    mutation("fiscalYearDestroy", ADMINS),
    query("personExport", ADMINS),
    query("retentionProposals", OVERSEERS),
    mutation("clockAdvance", ADMINS),
];

/// Fields that not everybody sees who sees the object. Others get null and an error that names the field.
pub const FIELD_RULES: &[(&str, &str, Roles)] = &[
    ("User", "email", PERSONAL),
    ("User", "secondFactor", OVERSEERS),
    ("CustomerFigure", "customer", PERSONAL),
    ("Organization", "contact", PERSONAL),
    ("Organization", "bankAccount", PERSONAL),
    ("Contact", "name", PERSONAL),
    ("Contact", "firstName", PERSONAL),
    ("Contact", "lastName", PERSONAL),
    ("Contact", "jobTitle", PERSONAL),
    ("Contact", "email", PERSONAL),
    ("Contact", "emails", PERSONAL),
    ("Contact", "phone", PERSONAL),
    ("Contact", "phones", PERSONAL),
    ("Contact", "consents", PERSONAL),
    ("Activity", "subject", PERSONAL),
    ("Activity", "body", PERSONAL),
    ("Activity", "position", PERSONAL),
    ("Activity", "attachments", PERSONAL),
    ("Deal", "attachments", PERSONAL),
    ("Organization", "attachments", PERSONAL),
    ("Task", "attachments", PERSONAL),
    ("Invoice", "buyer", PERSONAL),
    ("Invoice", "facturX", PERSONAL),
    ("Invoice", "cii", PERSONAL),
    ("Invoice", "ubl", PERSONAL),
    ("Invoice", "delivery", PERSONAL),
    ("Invoice", "dispute", PERSONAL),
    ("Payment", "reference", PERSONAL),
    ("Contract", "document", PERSONAL),
    ("Contract", "dispute", PERSONAL),
    ("ContractNotice", "note", PERSONAL),
    ("ContractAmendment", "document", PERSONAL),
    ("ContractAmendment", "note", PERSONAL),
    ("RevenueMovement", "document", PERSONAL),
];

static BY_OPERATION: LazyLock<HashMap<Operation<'static>, Rule>> =
    LazyLock::new(|| RULES.iter().map(|rule| (rule.operation, *rule)).collect());

static BY_FIELD: LazyLock<HashMap<(&'static str, &'static str), Roles>> = LazyLock::new(|| {
    let keyed = |(object, field, roles): &(&'static str, &'static str, Roles)| ((*object, *field), *roles);
    FIELD_RULES.iter().map(keyed).collect()
});

/// The rule of an operation, if it has one.
pub fn of(operation: Operation<'_>) -> Option<Rule> {
    BY_OPERATION.get(&operation).copied()
}

/// Who sees a field that not everybody sees.
pub fn of_field(object: &str, field: &str) -> Option<Roles> {
    BY_FIELD.get(&(object, field)).copied()
}
