//! The commands that a batch takes: those of the trade that concern one record. Each is the input of its own mutation.

use std::borrow::Cow;

use async_graphql::{InputType, InputValueError, InputValueResult, OneofObject, Value, registry::Registry};

use crate::graphql::{
    activities::inputs::{ActivityCorrectInput, ActivityRecordInput, ActivityWithdrawInput},
    contacts::inputs::{
        ContactAddInput, ContactAssignInput, ContactCommandInput, ContactConsentInput, ContactFlagInput,
        ContactMoveInput, ContactTagsInput, ContactUpdateInput,
    },
    deals::{inputs as deal, inputs::DealOpenInput},
    ids::Kind,
    organizations::inputs as organization,
    tasks::{
        create::{TaskCreateInput, TaskRecurInput},
        mutations as task,
    },
};

/// What a batch needs to know of a command besides its input.
#[derive(Debug, Clone)]
pub struct Known {
    /// The mutation that it is for itself.
    pub mutation: &'static str,
    /// The type of that mutation's input.
    pub input: String,
    pub kind: Kind,
    pub nature: Nature,
}

/// How a command stands beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Makes a record.
    Makes,
    /// Adds to a set or takes out of it: in which order does not matter.
    Commutes,
    /// Changes fields: no conflict as long as nobody else changed the same ones.
    Changes,
}

use Nature::{Changes, Commutes, Makes};

macro_rules! commands {
    ($($variant:ident($input:ty): $mutation:literal, $kind:ident, $nature:ident;)+) => {
        /// One command, as the mutation of that name takes it. `commandId`, `expectedVersion` and `occurredAt` stand
        /// beside it.
        #[derive(OneofObject)]
        #[graphql(name = "Command")]
        #[allow(dead_code, clippy::large_enum_variant)] // read by its schema only: see `Command`
        enum Shape {
            $($variant($input)),+
        }

        /// What is known of a command by the name of its mutation.
        pub fn known(mutation: &str) -> Option<Known> {
            match mutation {
                $($mutation => Some(Known {
                    mutation: $mutation,
                    input: <$input as InputType>::type_name().into_owned(),
                    kind: Kind::$kind,
                    nature: $nature,
                }),)+
                _ => None,
            }
        }

        #[cfg(test)]
        const MUTATIONS: &[&str] = &[$($mutation),+];
    };
}

commands! {
    OrganizationCreate(organization::OrganizationCreateInput): "organizationCreate", Organization, Makes;
    OrganizationUpdate(organization::OrganizationUpdateInput): "organizationUpdate", Organization, Changes;
    OrganizationIdentify(organization::OrganizationIdentifyInput): "organizationIdentify", Organization, Changes;
    OrganizationChangeBankAccount(organization::OrganizationChangeBankAccountInput): "organizationChangeBankAccount", Organization, Changes;
    OrganizationChangeAddresses(organization::OrganizationChangeAddressesInput): "organizationChangeAddresses", Organization, Changes;
    OrganizationTag(organization::OrganizationTagsInput): "organizationTag", Organization, Commutes;
    OrganizationUntag(organization::OrganizationTagsInput): "organizationUntag", Organization, Commutes;
    OrganizationAssign(organization::OrganizationAssignInput): "organizationAssign", Organization, Changes;
    OrganizationSetFields(organization::OrganizationSetFieldsInput): "organizationSetFields", Organization, Changes;
    OrganizationNameContact(organization::OrganizationNameContactInput): "organizationNameContact", Organization, Changes;
    OrganizationRemoveContact(organization::OrganizationCommandInput): "organizationRemoveContact", Organization, Changes;
    OrganizationMarkCustomer(organization::OrganizationCommandInput): "organizationMarkCustomer", Organization, Changes;
    OrganizationMarkFormer(organization::OrganizationCommandInput): "organizationMarkFormer", Organization, Changes;
    OrganizationArchive(organization::OrganizationCommandInput): "organizationArchive", Organization, Changes;
    OrganizationRestore(organization::OrganizationCommandInput): "organizationRestore", Organization, Changes;
    ContactAdd(ContactAddInput): "contactAdd", Contact, Makes;
    ContactUpdate(ContactUpdateInput): "contactUpdate", Contact, Changes;
    ContactFlag(ContactFlagInput): "contactFlag", Contact, Changes;
    ContactMove(ContactMoveInput): "contactMove", Contact, Changes;
    ContactAssign(ContactAssignInput): "contactAssign", Contact, Changes;
    ContactTag(ContactTagsInput): "contactTag", Contact, Commutes;
    ContactUntag(ContactTagsInput): "contactUntag", Contact, Commutes;
    ContactGiveConsent(ContactConsentInput): "contactGiveConsent", Contact, Changes;
    ContactWithdrawConsent(ContactConsentInput): "contactWithdrawConsent", Contact, Changes;
    ContactArchive(ContactCommandInput): "contactArchive", Contact, Changes;
    ContactRestore(ContactCommandInput): "contactRestore", Contact, Changes;
    ActivityRecord(ActivityRecordInput): "activityRecord", Activity, Makes;
    ActivityCorrect(ActivityCorrectInput): "activityCorrect", Activity, Changes;
    ActivityWithdraw(ActivityWithdrawInput): "activityWithdraw", Activity, Changes;
    DealOpen(DealOpenInput): "dealOpen", Deal, Makes;
    DealRename(deal::DealRenameInput): "dealRename", Deal, Changes;
    DealLink(deal::DealLinkInput): "dealLink", Deal, Changes;
    DealAssign(deal::DealAssignInput): "dealAssign", Deal, Changes;
    DealShareCredit(deal::DealShareCreditInput): "dealShareCredit", Deal, Changes;
    DealChangeAmount(deal::DealChangeAmountInput): "dealChangeAmount", Deal, Changes;
    DealExpectClose(deal::DealExpectCloseInput): "dealExpectClose", Deal, Changes;
    DealEstimateProbability(deal::DealEstimateProbabilityInput): "dealEstimateProbability", Deal, Changes;
    DealNameProducts(deal::DealNameProductsInput): "dealNameProducts", Deal, Changes;
    DealNameCompetitors(deal::DealNameCompetitorsInput): "dealNameCompetitors", Deal, Changes;
    DealSetSource(deal::DealSetSourceInput): "dealSetSource", Deal, Changes;
    DealPlanNextStep(deal::DealPlanNextStepInput): "dealPlanNextStep", Deal, Changes;
    DealTag(deal::DealTagInput): "dealTag", Deal, Changes;
    DealAddTags(deal::DealTagsInput): "dealAddTags", Deal, Commutes;
    DealRemoveTags(deal::DealTagsInput): "dealRemoveTags", Deal, Commutes;
    DealMove(deal::DealMoveInput): "dealMove", Deal, Changes;
    DealChangePipeline(deal::DealChangePipelineInput): "dealChangePipeline", Deal, Changes;
    DealWin(deal::DealWinInput): "dealWin", Deal, Changes;
    DealLose(deal::DealLoseInput): "dealLose", Deal, Changes;
    DealReopen(deal::DealReopenInput): "dealReopen", Deal, Changes;
    TaskCreate(TaskCreateInput): "taskCreate", Task, Makes;
    TaskRename(task::TaskRenameInput): "taskRename", Task, Changes;
    TaskDescribe(task::TaskDescribeInput): "taskDescribe", Task, Changes;
    TaskPrioritize(task::TaskPrioritizeInput): "taskPrioritize", Task, Changes;
    TaskAssign(task::TaskAssignInput): "taskAssign", Task, Changes;
    TaskWatch(task::TaskWatchInput): "taskWatch", Task, Commutes;
    TaskUnwatch(task::TaskWatchInput): "taskUnwatch", Task, Commutes;
    TaskLink(task::TaskLinkInput): "taskLink", Task, Commutes;
    TaskUnlink(task::TaskLinkInput): "taskUnlink", Task, Commutes;
    TaskReschedule(task::TaskRescheduleInput): "taskReschedule", Task, Changes;
    TaskRank(task::TaskRankInput): "taskRank", Task, Changes;
    TaskRecur(TaskRecurInput): "taskRecur", Task, Changes;
    TaskStart(task::TaskCommandInput): "taskStart", Task, Changes;
    TaskPutBack(task::TaskCommandInput): "taskPutBack", Task, Changes;
    TaskComplete(task::TaskCommandInput): "taskComplete", Task, Changes;
    TaskCancel(task::TaskCancelInput): "taskCancel", Task, Changes;
    TaskReopen(task::TaskCommandInput): "taskReopen", Task, Changes;
}

/// A command as it came: checked against its type, but with what was left out left out, which a typed input forgets.
#[derive(Debug, Clone)]
pub struct Command {
    pub mutation: String,
    pub input: async_graphql::indexmap::IndexMap<async_graphql::Name, Value>,
}

impl InputType for Command {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Shape::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Shape::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        Shape::parse(value.clone()).map_err(InputValueError::propagate)?;
        let Some(Value::Object(named)) = value else {
            return Err(InputValueError::expected_type(value.unwrap_or_default()));
        };
        match named.into_iter().next() {
            Some((mutation, Value::Object(input))) => Ok(Self {
                mutation: mutation.to_string(),
                input,
            }),
            _ => Err(InputValueError::custom("names no command")),
        }
    }

    fn to_value(&self) -> Value {
        let named = (
            async_graphql::Name::new(&self.mutation),
            Value::Object(self.input.clone()),
        );
        Value::Object([named].into_iter().collect())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_a_mutation_with_that_input() {
        let sdl = crate::graphql::sdl(&crate::graphql::schema());
        for mutation in MUTATIONS {
            let known = known(mutation).unwrap();
            let line = format!("\t{mutation}(input: {}!): {}Payload!", known.input, known.kind.name());
            assert!(sdl.contains(&line), "{line}");
        }
    }
}
