"""Spellings of the classes, as analyzers, readers, data sets and laboratories write them.

A word that means two things stands nowhere: granulocyte (with or without eosinophils and
basophils), polynuclear, mononuclear, MID, and single letters, which a header resolves by its
neighbours and a table of cells by ``[class_map]``.
"""

from __future__ import annotations

from collections.abc import Mapping

# class -> spellings without blanks, compared in lower case, without accents, letters and digits
# only. Each line a language: English and codes, then es, pt, it, fr, de, pl, ru and uk, zh, ja.
SPELLINGS: Mapping[str, str] = {
    "neutrophil": """neutrophil neutrophils neutros neuts neut neu ne neutro pnn
        neutrofilo neutrofilos granulocitoneutrofilo neutrofili
        neutrophile neutrophiles polynucleaireneutrophile polynucleairesneutrophiles
        granulozytneutrophil neutrophilen neutrophiler neutrophilergranulozyt
        neutrophilegranulozyten
        neutrofil neutrofile neutrofilegranulocyty obojętnochłonny obojętnochłonne
        granulocytobojętnochłonny granulocytyobojętnochłonne
        нейтрофил нейтрофилы нейтрофіл нейтрофіли
        中性粒细胞 嗜中性粒细胞 中性细胞 嗜中性 嗜中性球 嗜中性白血球 好中球""",
    "segmented neutrophil": """segmentedneutrophil segmentedneutrophils neutrophilsegmented
        neutrophilssegmented segmented segmentedform segmentedforms seg segs segneutrophil
        segneutrophils sne ngs poly polys pmn pmns pmnl polymorph polymorphs
        segmentado segmentados neutrofilosegmentado neutrofilossegmentados segmentatoneutrofilo
        segmentato segmentati neutrofilosegmentato neutrofilisegmentati
        neutrophilesegmente neutrophilessegmentes segmente segmentes
        segmentkernig segmentkernige segmentkerniger segmentkernigeneutrophile
        segmentkernigerneutrophiler segmentkernigegranulozyten
        segmentowany segmentowane neutrofilsegmentowany neutrofilesegmentowane neutrofilsegmen
        сегментоядерный сегментоядерные сегментоядерныенейтрофилы нейтрофилысегментоядерные
        сегментоядерні
        分叶核 中性分叶核粒细胞 分叶核粒细胞 分叶核中性粒细胞 分葉核 分葉核球 分葉核好中球""",
    "band neutrophil": """bandneutrophil bandneutrophils neutrophilband neutrophilsband
        neutrophilbandform band bands bandform bandforms bandcell bandcells stab stabs bne ngb
        cayado cayados abastonado abastonados enbanda neutrofilocayado neutrofilosencayado
        neutrofilosenbanda neutrofiloenbanda bandas baciliforme baciliformes
        bastonete bastonetes bastao bastoes neutrofilobastonete
        abanda neutrofiloabanda neutrofiliabanda
        neutrophileband neutrophilesenbande
        stabkernig stabkernige stabkerniger stabkernigeneutrophile stabkernigerneutrophiler
        stabkernigegranulozyten
        pałeczkowaty pałeczkowate paleczkowate neutrofilpałeczkowaty neutrofilepałeczkowate
        neutrofilbatang
        палочкоядерный палочкоядерные палочкоядерныенейтрофилы нейтрофилыпалочкоядерные
        паличкоядерні
        杆状核 中性杆状核粒细胞 杆状核粒细胞 杆状核中性粒细胞 桿状核 桿状核球 桿状核好中球""",
    "immature granulocyte": """immaturegranulocyte immaturegranulocytes ig igs immgran img
        granulocitoinmaduro granulocitosinmaduros granulocitoimaturo granulocitosimaturos
        granulocitoimmaturo granulocitiimmaturi granulocyteimmature granulocytesimmatures
        unreifergranulozyt unreifegranulozyten niedojrzałegranulocyty
        незрелыегранулоциты 幼稚粒细胞 未成熟粒细胞 幼若顆粒球""",
    "metamyelocyte": """metamyelocyte metamyelocytes meta metas mmy mmz
        metamielocito metamielocitos metamielocita metamielociti
        metamyelozyt metamyelozyten metamielocyt metamielocyty метамиелоцит метамиелоциты
        晚幼粒细胞 後骨髄球""",
    "myelocyte": """myelocyte myelocytes myelo myelos my myb mielocito mielocitos mielocita
        mielociti myelozyt myelozyten mielocyt mielocyty миелоцит миелоциты 中幼粒细胞 骨髄球""",
    "promyelocyte": """promyelocyte promyelocytes promyelo promyelos pmy pmo pmb promielocito
        promielocitos promielocita promielociti promyelozyt promyelozyten promielocyt promielocyty
        промиелоцит промиелоциты 早幼粒细胞 前骨髄球""",
    "lymphocyte": """lymphocyte lymphocytes lymphs lymph lym lymphos ly lyt typicallymphocyte
        lymphocytetypical smalllymph largelymph linfocito linfocitos linfocitotipico
        linfocitostipicos linfociti lymphozyt lymphozyten limfocyt limfocyty
        лимфоцит лимфоциты лімфоцит лімфоцити 淋巴细胞 淋巴球 リンパ球""",
    "variant lymphocyte": """variantlymphocyte variantlymphocytes lymphocytevariant
        lymphocytevariantform atypicallymphocyte atypicallymphocytes lymphocyteatypical
        lymphocytesatypical atypical atypicallymph atypicallymphs reactivelymphocyte
        reactivelymphocytes lymphocytereactive reactive variant lya aberrant lymphocyteaberrant
        linfocitoatipico linfocitosatipicos linfocitoreactivo linfocitosreactivos linfocitoreativo
        linfocitosreativos linfocitiatipici linfocitireattivi
        lymphocyteatypique lymphocytesatypiques lymphocytehyperbasophile
        atypischerlymphozyt atypischelymphozyten reaktiverlymphozyt reaktivelymphozyten
        limfocytyatypowe limfocytatypowy атипичныелимфоциты реактивныелимфоциты
        异型淋巴细胞 異型リンパ球""",
    "large granular lymphocyte": "largegranularlymphocyte largegranularlymphocytes lgl lgls",
    "monocyte": """monocyte monocytes monos mon mono mo monocito monocitos monociti monocita
        monozyt monozyten monocyt monocyty моноцит моноциты моноцити 单核细胞 單核球 単球""",
    "eosinophil": """eosinophil eosinophils eos eo eosino eosinofilo eosinofilos eosinofili
        eosinophile eosinophiles polynucleaireeosinophile polynucleaireseosinophiles
        eosinophilen eosinophiler eosinophilergranulozyt eosinophilegranulozyten
        eozynofil eozynofile kwasochłonny kwasochłonne granulocytkwasochłonny
        granulocytykwasochłonne эозинофил эозинофилы еозинофіл еозинофіли
        嗜酸性粒细胞 嗜酸粒细胞 嗜酸性 嗜酸性球 好酸球""",
    "basophil": """basophil basophils basos bas baso ba basofilo basofilos basofili
        basophile basophiles polynucleairebasophile polynucleairesbasophiles
        basophilen basophiler basophilergranulozyt basophilegranulozyten
        bazofil bazofile zasadochłonny zasadochłonne granulocytzasadochłonny
        granulocytyzasadochłonne базофил базофилы базофіл базофіли
        嗜碱性粒细胞 嗜碱粒细胞 嗜碱性 嗜鹼性球 好塩基球""",
    "blast": """blast blasts blastcell blastcells myeloblast myeloblasts myo monoblast monoblasts
        mob lymphoblast lymphoblasts blasto blastos blasti blaste blastes blasten blasty
        бласт бласты 原始细胞 芽球""",
    "plasma cell": """plasmacell plasmacells plasmacyte plasmacytes pc celulaplasmatica
        celulasplasmaticas plasmocito plasmocitos plasmacellula plasmacellule plasmocyte
        plasmocytes plasmazelle plasmazellen plazmocyt plazmocyty komórkaplazmatyczna
        плазматическаяклетка плазматическиеклетки 浆细胞 形質細胞""",
    "prolymphocyte": """prolymphocyte prolymphocytes ply prolinfocito prolinfocitos prolinfociti
        prolymphozyt prolymphozyten prolimfocyt prolimfocyty пролимфоцит пролимфоциты
        幼淋巴细胞""",
    "nrbc": """nrbc nrbcs erythroblast erythroblasts erythroblastnrbc erb ebo normoblast
        normoblasts nucleatedred nucleatedredcell nucleatedredbloodcell nucleatedredbloodcells
        eritroblasto eritroblastos eritroblasti erythroblaste erythroblastes erythroblasten
        normoblasten erytroblast erytroblasty нормобласт нормобласты эритробласт
        有核红细胞 赤芽球""",
    "smudge": "smudge smudges smudgecell smudgecells basket basketcell ksc burst gumprecht "
    "gumprechtscheschollen",
    "platelet": """platelet platelets thrombocyte thrombocytes plt giantplatelet giantthrombocyte
        thrombocyteaggregation plateletclump plateletclumps plaqueta plaquetas piastrina piastrine
        plaquette plaquettes thrombozyt thrombozyten płytkakrwi trombocyt тромбоцит тромбоциты
        血小板""",
    "artefact": "artefact artefacts artifact artifacts dirt debris stain background artefakt "
    "artefakte artefacto artefactos artefato artefatos",
    "unclassified": "unclassified unidentified unknown notclassed notclassified abstain abstained "
    "other",
}
