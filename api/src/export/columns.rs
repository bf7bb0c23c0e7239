//! The columns that lists are offered with, by the names that the API gives the fields.

use super::cells::Locale;

/// A column's name, and its title in French.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) french: &'static str,
}

impl Column {
    pub(super) const fn title(self, locale: Locale) -> &'static str {
        match locale {
            Locale::Plain => self.name,
            Locale::French => self.french,
        }
    }
}

const fn column(name: &'static str, french: &'static str) -> Column {
    Column { name, french }
}

pub(super) const DEALS: [Column; 24] = [
    column("id", "Identifiant"),
    column("title", "Affaire"),
    column("organization", "Organisation"),
    column("pipeline", "Pipeline"),
    column("stage", "Étape"),
    column("stageSince", "À l'étape depuis"),
    column("status", "Statut"),
    column("probability", "Probabilité (%)"),
    column("amountNet", "Montant HT"),
    column("amountGross", "Montant TTC"),
    column("currency", "Devise"),
    column("owner", "Responsable"),
    column("source", "Origine"),
    column("sourceDetail", "Détail de l'origine"),
    column("product", "Produit"),
    column("competitors", "Concurrents"),
    column("tags", "Étiquettes"),
    column("nextStep", "Prochaine action"),
    column("openedAt", "Ouverte le"),
    column("expectedClose", "Clôture prévue"),
    column("closedAt", "Close le"),
    column("lostReason", "Motif de perte"),
    column("lostNote", "Note de perte"),
    column("externalReference", "Référence externe"),
];

pub(super) const ORGANIZATIONS: [Column; 12] = [
    column("id", "Identifiant"),
    column("name", "Organisation"),
    column("siren", "SIREN"),
    column("status", "Statut"),
    column("sector", "Secteur"),
    column("country", "Pays"),
    column("employees", "Effectif"),
    column("annualRevenue", "Chiffre d'affaires"),
    column("currency", "Devise"),
    column("foundedYear", "Année de création"),
    column("registeredAt", "Enregistrée le"),
    column("externalReference", "Référence externe"),
];

pub(super) const CONTACTS: [Column; 18] = [
    column("id", "Identifiant"),
    column("name", "Contact"),
    column("firstName", "Prénom"),
    column("lastName", "Nom"),
    column("jobTitle", "Fonction"),
    column("organization", "Organisation"),
    column("email", "Adresse électronique"),
    column("emails", "Adresses électroniques"),
    column("phone", "Téléphone"),
    column("phones", "Téléphones"),
    column("language", "Langue"),
    column("billing", "Facturation"),
    column("signatory", "Signataire"),
    column("owner", "Responsable"),
    column("tags", "Étiquettes"),
    column("addedAt", "Ajouté le"),
    column("archivedAt", "Archivé le"),
    column("externalReference", "Référence externe"),
];

pub(super) const ACTIVITIES: [Column; 17] = [
    column("id", "Identifiant"),
    column("kind", "Nature"),
    column("occurredAt", "Date"),
    column("direction", "Sens"),
    column("outcome", "Issue"),
    column("duration", "Durée (s)"),
    column("startsAt", "Début"),
    column("endsAt", "Fin"),
    column("place", "Lieu"),
    column("subject", "Objet"),
    column("body", "Texte"),
    column("organization", "Organisation"),
    column("contact", "Contact"),
    column("deal", "Affaire"),
    column("author", "Auteur"),
    column("withdrawnAt", "Retirée le"),
    column("externalReference", "Référence externe"),
];

pub(super) const TASKS: [Column; 12] = [
    column("id", "Identifiant"),
    column("title", "Tâche"),
    column("status", "Statut"),
    column("priority", "Priorité"),
    column("dueDate", "Échéance"),
    column("dueAt", "Heure d'échéance"),
    column("assignees", "Responsables"),
    column("watchers", "Observateurs"),
    column("assigneeName", "Responsable importé"),
    column("createdAt", "Créée le"),
    column("startedAt", "Commencée le"),
    column("finishedAt", "Terminée le"),
];

/// Of recurring revenue.
pub(super) const MOVEMENTS: [Column; 16] = [
    column("on", "Date d'effet"),
    column("kind", "Nature"),
    column("amount", "MRR"),
    column("currency", "Devise"),
    column("nativeAmount", "MRR dans la devise du contrat"),
    column("nativeCurrency", "Devise du contrat"),
    column("customer", "Client"),
    column("customerId", "Identifiant du client"),
    column("contract", "Contrat"),
    column("contractId", "Identifiant du contrat"),
    column("line", "Ligne"),
    column("segment", "Segment"),
    column("reason", "Motif de résiliation"),
    column("position", "Position au journal"),
    column("eventId", "Identifiant de l'événement"),
    column("recordedAt", "Enregistré le"),
];
