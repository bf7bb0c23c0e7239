//! The cast: who sells what to whom. All of it is invented; the registration numbers are well formed and nobody's.

use domain::{Role, billing::Nature};

/// Who sells.
pub(super) const SELLERS: [&str; 5] = [
    "Anne-Laure Texier",
    "Bastien Kervella",
    "Farida Belkacem",
    "Guillaume Ostermann",
    "Noémie Vasseur",
];

/// Who else works at the firm; the first one leads the sales.
pub(super) const COLLEAGUES: [(&str, Role); 5] = [
    ("Hélène Marchetti", Role::Manager),
    ("Denis Lagarde", Role::Admin),
    ("Olivier Pruvost", Role::Accountant),
    ("Sabine Delorme", Role::Auditor),
    ("Yasmine Ferhat", Role::Analyst),
];

/// Who sells where.
pub(super) const TEAMS: [(&str, [&str; 3]); 2] = [
    ("Ouest", ["Anne-Laure Texier", "Bastien Kervella", "Hélène Marchetti"]),
    ("Est", ["Farida Belkacem", "Guillaume Ostermann", "Noémie Vasseur"]),
];

/// What people at customers' do.
pub(super) const JOBS: [&str; 6] = [
    "Directrice générale",
    "Responsable des achats",
    "Chef d'atelier",
    "Responsable maintenance",
    "Directeur technique",
    "Assistante de direction",
];

/// What was said.
pub(super) const SAID: [&str; 6] = [
    "Souhaite une visite avant la fin du mois.",
    "Attend l'accord de la direction.",
    "Compare avec un autre fournisseur.",
    "Budget voté, commande possible avant l'été.",
    "Demande des références dans son secteur.",
    "Rappeler après l'inventaire.",
];

/// What is sold, with its usual price in euros.
pub(super) const PRODUCTS: [(&str, i64); 8] = [
    ("Audit énergétique", 4_800),
    ("Éclairage d'atelier", 18_500),
    ("Automate de ligne", 64_000),
    ("Supervision à distance", 12_900),
    ("Contrat de maintenance", 7_400),
    ("Formation des opérateurs", 3_200),
    ("Rénovation d'armoires électriques", 27_000),
    ("Bornes de recharge", 21_500),
];

/// Who sells against us.
pub(super) const COMPETITORS: [&str; 4] = ["Énergie Plus", "Voltaris", "Groupe Hénin", "Watt & Fils"];

/// What there is to do for a deal, by stage of the sale.
pub(super) const ERRANDS: [&str; 8] = [
    "Rappeler",
    "Envoyer la documentation",
    "Préparer la visite du site",
    "Relire le cahier des charges",
    "Envoyer la proposition",
    "Relancer la proposition",
    "Négocier les délais",
    "Faire valider la remise",
];

/// Given and family names of contacts.
pub(super) const GIVEN_NAMES: [&str; 20] = [
    "Adèle", "Benoît", "Camille", "Damien", "Élodie", "Fabrice", "Gaëlle", "Hugo", "Inès", "Jérôme", "Karim", "Léa",
    "Mathilde", "Nicolas", "Océane", "Pascal", "Quentin", "Rachida", "Sylvain", "Thaïs",
];
pub(super) const FAMILY_NAMES: [&str; 20] = [
    "Aubry",
    "Bellanger",
    "Chevallier",
    "Delmas",
    "Etcheverry",
    "Fontaine",
    "Garnier",
    "Hamon",
    "Izard",
    "Jacquet",
    "Kerbrat",
    "Lemoine",
    "Moreau",
    "Nguyen",
    "Ollivier",
    "Perrot",
    "Quiniou",
    "Rossi",
    "Schmitt",
    "Traoré",
];

/// Why an open question was dropped.
pub(super) const CANCELLED: [&str; 3] = ["Le client a rappelé de lui-même", "Sans objet", "Doublon"];

/// Whom we sell to: name, sector, city.
pub(super) const ORGANIZATIONS: [(&str, &str, &str); 40] = [
    ("Aciéries de la Bresle", "métallurgie", "Eu"),
    ("Ardoisières Tréguidel", "matériaux", "Châteaulin"),
    ("Atelier Fauconnet", "mécanique", "Cluses"),
    ("Biscuiterie du Golfe", "agroalimentaire", "Vannes"),
    ("Blanchisserie Cazaubon", "services", "Pau"),
    ("Bois et Charpentes Morvan", "construction", "Autun"),
    ("Brasserie Houtland", "agroalimentaire", "Cassel"),
    ("Câblerie Verdier", "électricité", "Issoire"),
    ("Cartonnages Saint-Omer", "emballage", "Saint-Omer"),
    ("Céramiques Roumazières", "matériaux", "Confolens"),
    ("Chaudronnerie Estuaire", "métallurgie", "Saint-Nazaire"),
    ("Clinique des Tilleuls", "santé", "Colmar"),
    ("Conserverie Penmarc'h", "agroalimentaire", "Le Guilvinec"),
    ("Coutellerie Bellevaux", "mécanique", "Thiers"),
    ("Distillerie Cormeilles", "agroalimentaire", "Pont-Audemer"),
    ("Domaine Haut-Lussac", "viticulture", "Libourne"),
    ("Électrolyse Vaucouleurs", "chimie", "Bar-le-Duc"),
    ("Emballages Rochefontaine", "emballage", "Oyonnax"),
    ("Entrepôts Sambre", "logistique", "Maubeuge"),
    ("Filature de la Moselotte", "textile", "Remiremont"),
    ("Fonderie Grandpré", "métallurgie", "Charleville-Mézières"),
    ("Fromagerie Haut-Livradois", "agroalimentaire", "Ambert"),
    ("Garage Poids Lourds Artois", "transport", "Arras"),
    ("Horlogerie Maîche", "mécanique", "Morteau"),
    ("Imprimerie des Trois Ponts", "imprimerie", "Angoulême"),
    ("Laiterie Belle-Étoile", "agroalimentaire", "Mayenne"),
    ("Laverie Industrielle du Rhône", "services", "Givors"),
    ("Menuiseries Argoat", "construction", "Carhaix"),
    ("Minoterie Val d'Orge", "agroalimentaire", "Étampes"),
    ("Papeterie Vézeronce", "papier", "La Tour-du-Pin"),
    ("Parfumerie Castellane", "cosmétique", "Grasse"),
    ("Plasturgie Bugey", "plasturgie", "Bellignat"),
    ("Port de Plaisance Lérins", "tourisme", "Cannes"),
    ("Sablières du Ried", "matériaux", "Sélestat"),
    ("Salaisons Mézenc", "agroalimentaire", "Le Puy-en-Velay"),
    ("Scierie Grandvaux", "construction", "Saint-Laurent"),
    ("Serres de la Durance", "agriculture", "Cavaillon"),
    ("Tannerie Millavoise", "textile", "Millau"),
    ("Transports Kerguélen", "transport", "Lorient"),
    ("Verrerie Blangy", "verre", "Abbeville"),
];

/// What the firm sells, as its catalogue has it: code, name, unit, what it is, category, usual price in euros.
pub(super) const CATALOGUE: [Article; 11] = [
    article(
        "AUD",
        "Audit énergétique",
        "forfait",
        Nature::Services,
        "Conseil",
        4_800,
    ),
    article("ECL", "Éclairage d'atelier", "lot", Nature::Goods, "Équipement", 18_500),
    article("AUT", "Automate de ligne", "unité", Nature::Goods, "Équipement", 64_000),
    article(
        "SUP",
        "Supervision à distance",
        "forfait",
        Nature::Services,
        "Logiciel",
        12_900,
    ),
    article(
        "MNT",
        "Contrat de maintenance",
        "an",
        Nature::Services,
        "Entretien",
        7_400,
    ),
    article(
        "FOR",
        "Formation des opérateurs",
        "session",
        Nature::Services,
        "Conseil",
        3_200,
    ),
    article(
        "ARM",
        "Rénovation d'armoires électriques",
        "lot",
        Nature::Goods,
        "Équipement",
        27_000,
    ),
    article("BOR", "Bornes de recharge", "lot", Nature::Goods, "Équipement", 21_500),
    article("MES", "Mise en service", "forfait", Nature::Services, "Pose", 850),
    article("DEP", "Déplacement", "unité", Nature::Services, "Pose", 120),
    article(
        "GAR",
        "Extension de garantie, 3 ans",
        "forfait",
        Nature::Services,
        "Entretien",
        390,
    ),
];

/// One thing of the catalogue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Article {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) nature: Nature,
    pub(super) category: &'static str,
    /// In euros.
    pub(super) price: i64,
}

const fn article(
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    nature: Nature,
    category: &'static str,
    price: i64,
) -> Article {
    Article {
        code,
        name,
        unit,
        nature,
        category,
        price,
    }
}

/// Postcodes of [`ORGANIZATIONS`], in their order.
pub(super) const POSTCODES: [&str; 40] = [
    "76260", "29150", "74300", "56000", "64000", "71400", "59670", "63500", "62500", "16500", "44600", "68000",
    "29730", "63300", "27500", "33500", "55000", "01100", "59600", "88200", "08000", "63600", "62000", "25500",
    "16000", "53100", "69700", "29270", "91150", "38110", "06130", "01100", "06400", "67600", "43000", "39150",
    "84300", "12100", "56100", "80100",
];

/// Streets that every town has.
pub(super) const STREETS: [&str; 6] = [
    "rue de la Gare",
    "rue des Artisans",
    "avenue de la Zone industrielle",
    "quai du Canal",
    "rue Jean-Jaurès",
    "chemin du Moulin",
];

/// Why quotes are turned down, in the words of those who do.
pub(super) const TURNED_DOWN: [&str; 4] = [
    "Hors budget cette année.",
    "Nous avons retenu une autre offre.",
    "Projet reporté.",
    "Les délais sont trop longs pour nous.",
];
