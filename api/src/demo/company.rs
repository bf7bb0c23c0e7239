//! The cast: who sells what to whom. All of it is invented; the registration numbers are well formed and nobody's.

use domain::Role;

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
